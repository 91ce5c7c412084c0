// Limits of principals, and rules that change meanwhile, over real gRPC.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "server/codec/rpc_error.h"
#include "tests/server/rpc/access_fixture.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kAttachToSink[] = R"(
[[rule]]
title = "the web attaches"
principals = ["token:web"]
methods = ["Attach"]
send-to = ["sink"]
outcome = "allow"
)";

constexpr char kWebWatches[] = R"(
[[rule]]
title = "the web sees everything"
principals = ["token:web"]
methods = ["WatchProxies"]
payloads = true
outcome = "allow"
)";

TEST_F(AccessTest, NewRulesCountAlsoForStreamsThatAreUnderWay) {
  const std::string web = TokenOf("web");
  RunWith(kRules);
  grpc::ClientContext context;
  Show(web, context);
  const auto stream = stub().Attach(&context);
  const auto result_of = [&stream](const v1::ActorCommand& command) {
    v1::AttachRequest request;
    *request.add_commands() = command;
    stream->Write(request);
    v1::AttachResponse response;
    while (stream->Read(&response)) {
      for (const v1::ActorEvent& event : response.events()) {
        if (event.has_command_result()) {
          return FailureOf(event.command_result().status()).reason;
        }
      }
    }
    return std::string("the stream has ended");
  };
  v1::ActorCommand open = Open("");
  open.set_command_id(1);
  EXPECT_EQ(result_of(open), "");
  EXPECT_EQ(result_of(SendToName("echo", List("x"), 2)), "");

  live_->access().Use(Terms(kAttachToSink));
  EXPECT_EQ(result_of(SendToName("echo", List("x"), 3)), "FORBIDDEN");
  EXPECT_THAT(CallAs(web, CallTo("echo", List("x"))),
              FailsWith(kDenied, "FORBIDDEN"));

  live_->access().Use(Terms(kDenyAll));
  EXPECT_EQ(result_of(SendToName("echo", List("x"), 4)),
            "the stream has ended");
  EXPECT_THAT(stream->Finish(), FailsWith(kDenied, "FORBIDDEN"));
}

TEST_F(AccessTest, AWatchUnderWayShowsNothingThatNewRulesForbid) {
  const std::string web = TokenOf("web");
  const std::string ops = TokenOf("ops");
  RunWith(std::string(kWebWatches) + kRules);
  v1::WatchProxiesRequest request;
  request.set_endpoint("default");
  request.set_include_payloads(true);
  grpc::ClientContext context;
  Show(web, context);
  const auto watch = stub().WatchProxies(&context, request);
  v1::WatchProxiesResponse response;
  ASSERT_TRUE(watch->Read(&response));

  live_->access().Use(Terms(kRules));
  EXPECT_THAT(CallAs(ops, CallTo("echo", List("secret"))), IsRpcOk());

  while (watch->Read(&response)) {
    EXPECT_THAT(response.SerializeAsString(), Not(HasSubstr("secret")));
  }
  EXPECT_THAT(watch->Finish(), FailsWith(kDenied, "FORBIDDEN"));
}

// Each call is decided by the rules that were there before or those that came.
TEST_F(AccessTest, RulesChangeUnderLoad) {
  constexpr int kCallers = 8;
  constexpr int kChanges = 100;
  constexpr int kCallsAChange = 2 * kCallers;
  const std::string web = TokenOf("web");
  const auto rules_for = [](const std::string& names) {
    return "[[rule]]\ntitle = \"the web\"\nprincipals = [\"token:web\"]\n"
           "methods = [\"Call\"]\nsend-to = [" +
           names + "]\noutcome = \"allow\"\n";
  };
  const AccessTerms wide = Terms(rules_for(R"("echo", "counter")"));
  const AccessTerms narrow = Terms(rules_for(R"("echo")"));
  RunWith(rules_for(R"("echo")"));
  std::atomic<bool> ending = false;
  std::atomic<int> asked = 0;
  std::atomic<int> allowed = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      while (!ending) {
        wrong += CallAs(web, CallTo("echo", List("x"))).ok() ? 0 : 1;
        const grpc::Status status = CallAs(web, CallTo("counter", List("x")));
        const bool denied = FailureOf(status).reason == "FORBIDDEN";
        (denied ? refused : allowed) += 1;
        wrong += status.ok() || denied ? 0 : 1;
        ++asked;
        asked.notify_one();
      }
    });
  }
  for (int i = 0; i < kChanges; ++i) {
    live_->access().Use(i % 2 == 0 ? wide : narrow);
    // By then calls have begun under these rules.
    const int enough = asked + kCallsAChange;
    for (int now = asked; now < enough; now = asked) asked.wait(now);
  }
  ending = true;
  callers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(allowed, 0);
  EXPECT_GT(refused, 0);
}

TEST_F(AccessTest, LimitsAreOfEachPrincipal) {
  const std::string web = TokenOf("web");
  const std::string ops = TokenOf("ops");
  RunWith(std::string(kRules) +
          "[[limit]]\nprincipals = [\"token:web\"]\n"
          "requests-per-second = 1\nwatchers = 1\nactors = 1\n");
  grpc::Status status = CallAs(web, CallTo("echo", List("x")));
  EXPECT_THAT(status, IsRpcOk());
  // On a slow machine a second goes by between some of them.
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = CallAs(web, CallTo("echo", List("x")));
  }
  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(CallAs(ops, CallTo("echo", List("x"))), IsRpcOk());
  }
}

TEST_F(AccessTest, WhoExceedsARateIsToldWhenItMayTryAgain) {
  const std::string web = TokenOf("web");
  RunWith(std::string(kRules) +
          "[[limit]]\nprincipals = [\"token:web\"]\n"
          "requests-per-second = 1\n");
  grpc::Status status;
  std::chrono::steady_clock::time_point start;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    start = std::chrono::steady_clock::now();
    status = CallAs(web, CallTo("echo", List("x")));
  }
  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
  EXPECT_GE(std::chrono::steady_clock::now() - start, kRetryAfter);
}

// Nothing is lost: each command has its result.
TEST_F(AccessTest, AStreamThatExceedsARateGoesOnLater) {
  constexpr uint64_t kCommands = 5;
  const std::string web = TokenOf("web");
  RunWith(std::string(kRules) +
          "[[limit]]\nprincipals = [\"token:web\"]\n"
          "messages-per-second = 1\n");
  grpc::ClientContext context;
  Show(web, context);
  const auto stream = stub().Attach(&context);
  v1::AttachRequest request;
  *request.add_commands() = Open("");
  for (uint64_t id = 1; id <= kCommands; ++id) {
    *request.add_commands() = SendToName("echo", List("x"), id);
  }
  const auto start = std::chrono::steady_clock::now();
  stream->Write(request);
  stream->WritesDone();
  std::vector<uint64_t> ids;
  int refused = 0;
  v1::AttachResponse response;
  while (stream->Read(&response)) {
    for (const v1::ActorEvent& event : response.events()) {
      if (!event.has_command_result()) continue;
      ids.push_back(event.command_result().command_id());
      const std::string reason =
          FailureOf(event.command_result().status()).reason;
      if (reason == "LIMIT_REACHED") ++refused;
    }
  }
  EXPECT_THAT(stream->Finish(), IsRpcOk());
  EXPECT_THAT(ids, UnorderedElementsAre(1, 2, 3, 4, 5));
  EXPECT_GT(refused, 0);
  EXPECT_GE(std::chrono::steady_clock::now() - start, refused * kRetryAfter);
}

TEST_F(AccessTest, WhatIsHeldIsGivenBackAtTheEnd) {
  const std::string web = TokenOf("web");
  RunWith(std::string(kRules) +
          "[[limit]]\nprincipals = [\"*\"]\nactors = 1\ncalls = 1\n"
          "watchers = 1\n");
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(CallAs(web, CallTo("echo", List("x"))), IsRpcOk());
  }
  grpc::ClientContext first_context;
  Show(web, first_context);
  const auto first = stub().Attach(&first_context);
  v1::AttachRequest request;
  *request.add_commands() = Open("");
  first->Write(request);
  v1::AttachResponse response;
  ASSERT_TRUE(first->Read(&response));
  EXPECT_THAT(AttachAs(web, "").first,
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
  first->WritesDone();
  EXPECT_THAT(first->Finish(), IsRpcOk());
  // The RPC is over for the client a moment before it is for the gateway.
  grpc::Status again = AttachAs(web, "").first;
  while (FailureOf(again).reason == "LIMIT_REACHED") {
    again = AttachAs(web, "").first;
  }
  EXPECT_THAT(again, IsRpcOk());
}

}  // namespace
}  // namespace thespian::gateway
