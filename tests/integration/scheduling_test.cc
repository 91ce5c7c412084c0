// How the system schedules the gateway's threads and its child: --scheduling.
#include <sched.h>
#include <sys/types.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/integration/gateway_process.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;

// The policies of a process's threads.
std::set<int> PoliciesOf(pid_t pid) {
  std::set<int> policies;
  for (const auto& thread : std::filesystem::directory_iterator(
           "/proc/" + std::to_string(pid) + "/task")) {
    policies.insert(
        sched_getscheduler(std::atoi(thread.path().filename().c_str())));
  }
  return policies;
}

void ExpectPolicy(const std::vector<std::string>& options, int policy) {
  GatewayProcess gateway(options, {TG_DEMO_CHILD});
  EXPECT_THAT(PoliciesOf(gateway.program().pid()), ElementsAre(policy));
  EXPECT_THAT(PoliciesOf(gateway.ChildPid()), ElementsAre(policy));
}

TEST(SchedulingTest, EveryThreadIsBatch) {
  const bool usual = sched_getscheduler(0) == SCHED_OTHER;
  ExpectPolicy({}, usual ? SCHED_BATCH : sched_getscheduler(0));
}

TEST(SchedulingTest, WhatWasGivenCanBeKept) {
  ExpectPolicy({"--scheduling", "inherit"}, sched_getscheduler(0));
}

TEST(SchedulingTest, AnotherPolicyThanTheUsualIsKept) {
  // A policy is a thread's own, and not everybody may give up this one.
  std::thread([] {
    const sched_param no_priority{};
    ASSERT_EQ(sched_setscheduler(0, SCHED_IDLE, &no_priority), 0);
    ExpectPolicy({}, SCHED_IDLE);
  }).join();
}

}  // namespace
}  // namespace thespian::gateway
