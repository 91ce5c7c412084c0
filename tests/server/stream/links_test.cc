// Links, both ways: who ends, and what the other side is told.
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"
#include "tests/support/pending_rpcs.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class LinksTest : public GatewayTest {
 protected:
  // The next event of this kind since the gateway's first.
  v1::ProxyEvent NextEvent(v1::ProxyEvent::EventCase kind) {
    return Watcher(stub(), SinceTheBeginning())
        .Next(kind)
        .value_or(v1::ProxyEvent());
  }

  void Go() { EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk()); }

  // How often the child was told the end of each local actor, when it was told
  // as many as `expected`, and whatever it was told until it hears of one more
  // message.
  std::map<uint64_t, int> Exits(ChildRecord& record, size_t expected) {
    std::map<uint64_t, int> exits;
    for (size_t seen = 0; seen < expected;) {
      MessageFields told = record.Next();
      if (told.empty()) break;
      if (told["kind"] != "exit") continue;
      ++exits[std::stoull(told["local"])];
      ++seen;
    }
    EXPECT_THAT(Send(SendRequestTo("last", Text("x"))), IsRpcOk());
    for (MessageFields told = record.Next();
         !told.empty() && told["name"] != "last"; told = record.Next()) {
      if (told["kind"] == "exit") ++exits[std::stoull(told["local"])];
    }
    return exits;
  }
};

// --- The remote ends -------------------------------------------------------

TEST_F(LinksTest, AClientIsToldAfterTheLastMessageOfItsRemote) {
  RunScript({"record:2", "from:7", "send-named:ready:x", "frames:2",
             "send:1:last", "die:enough"});
  AwaitReady();
  ChildRecord record(stub());
  const auto client = Attach();
  client->Do(LinkTo(7));
  EXPECT_THAT(record.Next(),
              UnorderedElementsAre(Pair("kind", "link"), Pair("local", "1"),
                                   Pair("remote", "7")));

  Go();

  EXPECT_EQ(client->NextCbor(), FromHex("64 6c617374"));
  const auto exited = client->Next();
  ASSERT_TRUE(exited.has_value() && exited->has_exited());
  EXPECT_EQ(exited->exited().remote_id(), 7u);
  EXPECT_EQ(exited->exited().reason(), "enough");
  const v1::LinkCreated created =
      NextEvent(v1::ProxyEvent::kLinkCreated).link_created();
  EXPECT_EQ(created.remote_id(), 7u);
  EXPECT_EQ(created.local_id(), 1u);
  EXPECT_FALSE(created.by_remote());
  EXPECT_EQ(NextEvent(v1::ProxyEvent::kLinkClosed).link_closed().reason(),
            "enough");
}

TEST_F(LinksTest, ALinkToOneThatIsGoneIsAnsweredAtOnce) {
  RunScript({"record:2", "from:7", "send-named:ready:x", "die:over"});
  ChildRecord record(stub());
  while (GetEndpoint().counters().proxies_closed() == 0) {
  }
  const auto client = Attach();

  client->Do(LinkTo(7));

  const auto exited = client->Next();
  ASSERT_TRUE(exited.has_value() && exited->has_exited());
  EXPECT_EQ(exited->exited().remote_id(), 7u);
  EXPECT_EQ(exited->exited().reason(), "no_such_actor");
  Go();
  EXPECT_EQ(record.Next()["kind"], "send_named") << "the child is not asked";
}

TEST_F(LinksTest, ARemotesLinkToOneThatIsGoneIsAnsweredAtOnce) {
  RunScript({"record:2", "from:7", "link:99"});
  ChildRecord record(stub());

  EXPECT_THAT(record.Next(), IsExitOf(99, "no_such_actor"));
}

TEST_F(LinksTest, LinkedTwiceIsToldOnce) {
  RunScript({"record:2", "from:7", "send-named:ready:x", "frames:2", "link:1",
             "die:enough"});
  AwaitReady();
  ChildRecord record(stub());
  const auto client = Attach();
  client->Do({LinkTo(7, 1), LinkTo(7, 2)});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());
  }
  Go();

  ASSERT_TRUE(client->Next(v1::ActorEvent::kExited).has_value());
  client->HalfClose();
  EXPECT_FALSE(client->Next().has_value());
  EXPECT_THAT(Exits(record, 1), ElementsAre(Pair(1, 1)));
}

// --- The client ends -------------------------------------------------------

// Actor 7 has linked itself to actor 1, which has never said anything.
struct Ending {
  std::string name;
  std::function<void(LiveGateway&, AttachClient&)> end;
  std::string reason;

  friend void PrintTo(const Ending& ending, std::ostream* out) {
    *out << ending.name;
  }
};

class EndingTest : public LinksTest,
                   public ::testing::WithParamInterface<Ending> {
 protected:
  // A child that links itself to actor 1 when it is told to, and floods it
  // when it is told so again.
  void RunChild() {
    options_.gateway.mailbox.bytes = 64 << 10;
    std::string frame;
    AppendFrame(
        SendMessage{.from = {7}, .to = {1}, .payload = ItemOfSize(30'000)},
        frame);
    RunScript({"record:2", "frames:1", "from:7", "link:1", "frames:1",
               "repeat:2000:" + ToHex(frame)});
  }
};

TEST_P(EndingTest, IsToldToTheRemoteThatLinkedItself) {
  RunChild();
  ChildRecord record(stub());
  const auto client = Attach();
  ASSERT_EQ(client->id(), 1u);
  Go();
  const v1::LinkCreated created =
      NextEvent(v1::ProxyEvent::kLinkCreated).link_created();
  EXPECT_EQ(created.remote_id(), 7u);
  EXPECT_TRUE(created.by_remote());
  EXPECT_EQ(record.Next()["kind"], "send_named");
  Watcher links(stub(), SinceTheBeginning({v1::PROXY_EVENT_KIND_LINK_CLOSED}));
  links.AwaitStart();

  GetParam().end(*live_, *client);

  MessageFields told = record.Next();
  if (told["kind"] == "send_named") told = record.Next();  // what began it
  EXPECT_THAT(told, IsExitOf(1, GetParam().reason));
  const auto closed = links.Next();
  ASSERT_TRUE(closed.has_value() && closed->has_link_closed());
  EXPECT_EQ(closed->link_closed().reason(), GetParam().reason);
}

const Ending kEndings[] = {
    {"Normal",
     [](LiveGateway&, AttachClient& client) {
       client.HalfClose();
       EXPECT_THAT(client.Finish(), IsRpcOk());
     },
     "normal"},
    {"Disconnected",
     [](LiveGateway&, AttachClient& client) {
       client.Cancel();
       EXPECT_EQ(client.Finish().error_code(), grpc::StatusCode::CANCELLED);
     },
     "disconnected"},
    {"MailboxFull",
     [](LiveGateway&, AttachClient& client) {
       client.Do(SendToName("x", Text("flood me")));
     },
     "mailbox_full"},
    {"Shutdown",
     [](LiveGateway& live, AttachClient& client) {
       live.BeginEnd();
       EXPECT_THAT(client.Finish(),
                   FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
     },
     "shutdown"},
};

INSTANTIATE_TEST_SUITE_P(Reasons, EndingTest, ::testing::ValuesIn(kEndings),
                         [](const ::testing::TestParamInfo<Ending>& row) {
                           return row.param.name;
                         });

// --- Every id that the child has seen --------------------------------------

TEST_F(LinksTest, EveryLocalIdThatTheChildHasSeenIsEndedOnce) {
  RunScript({"record:2", "from:7", "send-named:ready:x"});
  AwaitReady();
  ChildRecord record(stub());
  v1::CallResponse response;
  {
    PendingRpcs<v1::CallResponse> calls;
    const auto by_send = Attach();             // 1
    const auto by_link = Attach();             // 2
    const auto by_unary = Listen();            // 3
    const auto by_much = Attach();             // 4
    const auto silent = Attach("never seen");  // 5
    const auto refused = Attach();             // 6
    by_send->Do(SendToName("x", Text("x"), 1));
    by_link->Do(LinkTo(7, 1));
    EXPECT_THAT(Send(SendRequestTo("x", Text("x")), SpeakerOf(*by_unary)),
                IsRpcOk());
    by_much->Do({SendTo(7, Text("x")), LinkTo(7), SendTo(7, Text("x"), 1)});
    refused->Do(SendTo(99, Text("x"), 1));
    for (const auto* client : {&by_send, &by_link, &by_much, &refused}) {
      EXPECT_TRUE((*client)->Next(v1::ActorEvent::kCommandResult).has_value());
    }
    calls.Start([&](auto* context, auto* queue) {  // 7
      return stub().AsyncCall(context, CallTo("x", Text("x")), queue);
    });
    while (GetEndpoint().counters().written() < 5) {
    }
    EXPECT_FALSE(Call(CallTo(99, Text("x")), response).ok());  // 8
    by_send->HalfClose();
    EXPECT_THAT(by_send->Finish(), IsRpcOk());
  }

  EXPECT_THAT(Exits(record, 5), ElementsAre(Pair(1, 1), Pair(2, 1), Pair(3, 1),
                                            Pair(4, 1), Pair(7, 1)));
}

}  // namespace
}  // namespace thespian::gateway
