// main of tests that start children: the program is its own trampoline.
#include <csignal>

#include "endpoint/process/exec_trampoline.h"
#include "endpoint/process/group_guard.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

int main(int argc, char** argv) {
  if (const auto code = thespian::gateway::RunTrampolineIfAsked(argc, argv)) {
    return *code;
  }
  if (const auto code = thespian::gateway::RunGroupGuardIfAsked(argc, argv)) {
    return *code;
  }
  std::signal(SIGPIPE, SIG_IGN);
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
