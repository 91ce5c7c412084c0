// ListLocalActors: every attached client, with its name, since when, and what
// waits for it.
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LocalActorListTest : public GatewayTest {
 protected:
  grpc::Status List(const v1::ListLocalActorsRequest& request,
                    v1::ListLocalActorsResponse& response) {
    grpc::ClientContext context;
    Prepare({}, context);
    return stub().ListLocalActors(&context, request, &response);
  }

  // The ids, page by page.
  std::vector<uint64_t> ListInPagesOf(int page_size) {
    std::vector<uint64_t> ids;
    v1::ListLocalActorsRequest request;
    request.set_page_size(page_size);
    do {
      v1::ListLocalActorsResponse response;
      EXPECT_THAT(List(request, response), IsRpcOk());
      EXPECT_LE(response.actors_size(), page_size == 0 ? 100 : page_size);
      for (const v1::LocalActor& actor : response.actors()) {
        ids.push_back(actor.id());
      }
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  void ExpectFieldInvalid(const v1::ListLocalActorsRequest& request,
                          const std::string& field) {
    v1::ListLocalActorsResponse response;
    const grpc::Status status = List(request, response);
    EXPECT_THAT(status,
                FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
    EXPECT_THAT(FailureOf(status).fields, ElementsAre(field));
    EXPECT_THAT(status.error_message(), HasSubstr(field));
  }
};

TEST_F(LocalActorListTest, TellsIdNameAndSinceWhen) {
  const std::time_t before = std::time(nullptr);
  RunDemo();
  const auto attached = Attach("logger");
  const auto listening = Listen();
  const std::time_t after = std::time(nullptr);

  const std::vector<v1::LocalActor> actors = ListLocalActors();

  ASSERT_EQ(actors.size(), 2u);
  EXPECT_EQ(actors[0].id(), attached->id());
  EXPECT_EQ(actors[0].name(), "logger");
  EXPECT_EQ(actors[1].id(), listening->id());
  EXPECT_EQ(actors[1].name(), "");
  for (const v1::LocalActor& actor : actors) {
    EXPECT_GE(actor.create_time().seconds(), before);
    EXPECT_LE(actor.create_time().seconds(), after);
    EXPECT_EQ(actor.mailbox_depth(), 0u);
  }
}

TEST_F(LocalActorListTest, WhoHasEndedIsNotListed) {
  RunDemo();
  const auto first = Attach();
  const auto second = Attach();
  first->HalfClose();
  EXPECT_THAT(first->Finish(), IsRpcOk());

  const std::vector<v1::LocalActor> actors = ListLocalActors();

  ASSERT_EQ(actors.size(), 1u);
  EXPECT_EQ(actors[0].id(), second->id());
}

TEST_F(LocalActorListTest, PagesListEveryActorOnceByRisingId) {
  constexpr uint64_t kActors = 120;
  RunDemo();
  std::vector<std::unique_ptr<AttachClient>> clients;
  std::vector<uint64_t> expected;
  for (uint64_t id = 1; id <= kActors; ++id) {
    clients.push_back(Attach());
    expected.push_back(id);
  }

  for (const int page_size : {0, 1, 7, 120, 1'000}) {
    SCOPED_TRACE(::testing::Message() << "pages of " << page_size);
    EXPECT_EQ(ListInPagesOf(page_size), expected);
  }
}

TEST_F(LocalActorListTest, WhoLivesFromTheFirstPageToTheLastIsListedOnce) {
  RunDemo();
  const auto first = Attach();
  auto leaving = Attach();
  const auto staying = Attach();
  v1::ListLocalActorsRequest request;
  request.set_page_size(2);
  v1::ListLocalActorsResponse response;
  ASSERT_THAT(List(request, response), IsRpcOk());
  ASSERT_EQ(response.actors_size(), 2);

  // The last of that page goes, and another comes.
  leaving->HalfClose();
  EXPECT_THAT(leaving->Finish(), IsRpcOk());
  const auto coming = Attach();

  request.set_page_token(response.next_page_token());
  ASSERT_THAT(List(request, response), IsRpcOk());
  ASSERT_EQ(response.actors_size(), 2);
  EXPECT_EQ(response.actors(0).id(), staying->id());
  EXPECT_EQ(response.actors(1).id(), coming->id());
  EXPECT_THAT(response.next_page_token(), IsEmpty());
}

TEST_F(LocalActorListTest, TellsHowMuchWaitsForAClientThatDoesNotRead) {
  constexpr uint64_t kMessages = 1'000;  // 30 MB: more than gRPC takes
  options_.gateway.mailbox.bytes = 64u << 20;
  std::string frame;
  AppendFrame(
      SendMessage{.from = {7}, .to = {1}, .payload = ItemOfSize(30'000)},
      frame);
  RunScript({"frames:1", "repeat:1000:" + ToHex(frame)});
  const auto client = Attach();
  ASSERT_EQ(client->id(), 1u);
  client->Do(SendToName("x", Text("go")));
  while (GetEndpoint().counters().delivered() < kMessages) {
  }

  const std::vector<v1::LocalActor> waiting = ListLocalActors();
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_GT(waiting[0].mailbox_depth(), 0u);
  EXPECT_LT(waiting[0].mailbox_depth(), kMessages);

  for (uint64_t i = 0; i < kMessages; ++i) {
    ASSERT_EQ(client->NextCbor().size(), 30'000u);
  }
  EXPECT_EQ(ListLocalActors().at(0).mailbox_depth(), 0u);
}

TEST_F(LocalActorListTest, BadPagesAreRefused) {
  RunDemo();
  v1::ListLocalActorsRequest request;
  for (const int size : {-1, 1'001}) {
    request.set_page_size(size);
    ExpectFieldInvalid(request, "page_size");
  }
  request.set_page_size(10);
  for (const char* token : {"x", "1", "1.2", "-1", "18446744073709551616"}) {
    request.set_page_token(token);
    ExpectFieldInvalid(request, "page_token");
  }
}

}  // namespace
}  // namespace thespian::gateway
