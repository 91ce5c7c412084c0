#include "tests/bench/pipe_echo.h"

#include <sched.h>

#include <string>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/wire/message.h"
#include "tests/bench/echo_stream.h"
#include "tests/bench/sample.h"

namespace thespian::gateway::bench {
namespace {

void HoldTo(int core, pid_t pid) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  Check(sched_setaffinity(pid, sizeof(cores), &cores) == 0,
        "there are two cores");
}

}  // namespace

PipeEcho::PipeEcho() {
  auto child = PipedChild::Start({TG_DEMO_CHILD});
  Check(child.ok(), "the demo child starts");
  child_ = *std::move(child);
}

std::vector<double> PipeEcho::Times(int count, size_t payload_bytes) {
  const std::string payload = PayloadOf(payload_bytes);
  std::string frame;
  AppendFrame(SendNamedMessage{.from = {1}, .name = "echo", .payload = payload},
              frame);
  return TimesOf(count, [&] {
    Check(child_->Write(frame).ok(), "the demo child reads");
    Check(child_->NextFrame().ok(), "the demo child answers");
  });
}

std::vector<double> PipeEcho::TimesOn(int own_core, int child_core, int count) {
  cpu_set_t before;
  sched_getaffinity(/*pid=*/0, sizeof(before), &before);
  HoldTo(own_core, /*pid=*/0);
  HoldTo(child_core, child_->pid());
  std::vector<double> times = Times(count);
  sched_setaffinity(/*pid=*/0, sizeof(before), &before);
  sched_setaffinity(child_->pid(), sizeof(before), &before);
  return times;
}

}  // namespace thespian::gateway::bench
