// Names of local actors: exclusive, free again the moment their owner ends,
// and the way in for a child that knows no id.
#include <functional>
#include <memory>
#include <string>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

class NamesTest : public GatewayTest {
 protected:
  // A frame with which actor 7 says `text` to whoever is named "logger".
  static std::string ToLogger(std::string_view text) {
    std::string frame;
    AppendFrame(SendNamedMessage{{7}, "logger", TextItem(text)}, frame);
    return "hex:" + ToHex(frame);
  }

  grpc::Status OpenFails(const std::string& name) {
    AttachClient client(stub());
    client.Do(Open(name));
    return client.Finish();
  }

  void Go() { EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk()); }
};

TEST_F(NamesTest, AnAttachedAndAListeningClientShareOneSpaceOfNames) {
  RunDemo();
  const auto attached = Attach("one");
  const auto listening = Listen("two");

  for (const char* name : {"one", "two"}) {
    EXPECT_THAT(OpenFails(name),
                FailsWith(grpc::StatusCode::ALREADY_EXISTS, "NAME_TAKEN"));
  }
  EXPECT_EQ(ListLocalActors().size(), 2u) << "who was refused is no actor";
}

TEST_F(NamesTest, AnyNumberMayHaveNone) {
  RunDemo();
  const auto first = Attach("");
  const auto second = Attach("");

  EXPECT_NE(first->id(), second->id());
}

TEST_F(NamesTest, NamesAreComparedByteByByte) {
  RunDemo();
  const auto plain = Attach("logger");
  const auto large = Attach("Logger");
  const auto spaced = Attach("logger ");

  EXPECT_EQ(ListLocalActors().size(), 3u);
}

TEST_F(NamesTest, SendNamedReachesTheOwnerOfTheMoment) {
  RunScript({"frames:1", ToLogger("one"), "frames:1", ToLogger("two"),
             "frames:1", ToLogger("three")});
  Watcher watcher(stub(), SinceTheBeginning());
  auto first = Attach("logger");
  Go();
  EXPECT_EQ(first->NextCbor(), TextItem("one"));

  first->HalfClose();
  EXPECT_THAT(first->Finish(), IsRpcOk());
  Go();
  const auto lost = watcher.Next(v1::ProxyEvent::kMessageUndeliverable);
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(lost->message_undeliverable().to_name(), "logger");
  EXPECT_EQ(lost->message_undeliverable().reason(), "no_such_name");

  const auto second = Attach("logger");
  Go();
  EXPECT_EQ(second->NextCbor(), TextItem("three"));
}

// --- Free at the moment of the end -----------------------------------------

struct Ending {
  std::string name;
  std::function<void(AttachClient&)> end;
  std::string reason;

  friend void PrintTo(const Ending& ending, std::ostream* out) {
    *out << ending.name;
  }
};

class NameIsFreeTest : public NamesTest,
                       public ::testing::WithParamInterface<Ending> {};

// Whoever hears of the end, the client itself or the child, finds the name
// free.
TEST_P(NameIsFreeTest, OnceTheEndIsKnown) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  const auto client = Attach("logger");
  client->Do(SendToName("x", Text("hello")));
  EXPECT_EQ(record.Next()["kind"], "send_named");

  GetParam().end(*client);

  EXPECT_THAT(record.Next(), IsExitOf(client->id(), GetParam().reason));
  EXPECT_NE(Attach("logger")->id(), client->id());
}

INSTANTIATE_TEST_SUITE_P(
    Endings, NameIsFreeTest,
    ::testing::Values(Ending{"HalfClosed",
                             [](AttachClient& c) {
                               c.HalfClose();
                               EXPECT_THAT(c.Finish(), IsRpcOk());
                             },
                             "normal"},
                      Ending{"Cancelled",
                             [](AttachClient& c) {
                               c.Cancel();
                               EXPECT_FALSE(c.Finish().ok());
                             },
                             "disconnected"},
                      Ending{"CutOff",
                             [](AttachClient& c) {
                               c.Do(Open());
                               EXPECT_FALSE(c.Finish().ok());
                             },
                             "protocol_violation"}),
    [](const ::testing::TestParamInfo<Ending>& row) { return row.param.name; });

}  // namespace
}  // namespace thespian::gateway
