// What happens to an endpoint, told to a supervisor step by step, and what
// follows from the last step, as texts.
//
// Threads:   thread-compatible.
#ifndef TESTS_ENDPOINT_SUPERVISION_STORY_H_
#define TESTS_ENDPOINT_SUPERVISION_STORY_H_

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/error.h"
#include "endpoint/supervision/supervisor.h"
#include "fmt/format.h"

namespace thespian::gateway {

inline std::string_view RungName(StopRung rung) {
  switch (rung) {
    case StopRung::kWait:
      return "wait";
    case StopRung::kTerminate:
      return "terminate";
    case StopRung::kKill:
      return "kill";
  }
  return "unknown";
}

// An action as a text. That a request is completed is noted by the request.
struct ActionText {
  std::vector<std::string>& texts;

  void operator()(Supervisor::BeginIncarnation&) const {
    texts.emplace_back("begin");
  }
  void operator()(Supervisor::AwaitMessage&) const {
    texts.emplace_back("await message");
  }
  void operator()(Supervisor::DropSession& a) const {
    texts.push_back(fmt::format("drop session: {}", a.why));
  }
  void operator()(Supervisor::SpawnChild&) const {
    texts.emplace_back("spawn");
  }
  void operator()(Supervisor::StartLater& a) const {
    texts.push_back(fmt::format("start in {}", a.delay.count()));
  }
  void operator()(Supervisor::EnterState& a) const {
    texts.push_back(fmt::format("{}: {}", StateName(a.state), a.reason));
  }
  void operator()(Supervisor::TellEnds&) const {
    texts.emplace_back("tell ends");
  }
  void operator()(Supervisor::CloseInput& a) const {
    texts.push_back(fmt::format("close input: {}", a.why));
  }
  void operator()(Supervisor::EndSession& a) const {
    texts.push_back(
        fmt::format("end session{}: {}", a.failed ? ", look back" : "", a.why));
  }
  void operator()(Supervisor::StopChild& a) const {
    texts.push_back(fmt::format("stop: {}", RungName(a.first)));
  }
  void operator()(Supervisor::RecordExit& a) const {
    texts.push_back(
        fmt::format("record{}: {}", a.by_itself ? "" : ", asked", a.reason));
  }
  void operator()(Supervisor::Complete& a) const {
    std::move(a.completion)(std::move(a.status));
  }
};

// Tells a supervisor what happens, and keeps the texts of what follows.
class Story {
 public:
  explicit Story(RestartOptions restart = {}, HangOptions hang = {},
                 const PeerKind& kind = kChildPeerKind,
                 Supervisor::FirstStart first = Supervisor::FirstStart::kAtOnce)
      : supervisor_("east", hang, RestartPolicy(restart, nullptr), kind,
                    first) {}

  Story& Tell(Supervisor::Event event) {
    last_.clear();
    Supervisor::Actions actions = supervisor_.On(std::move(event), now_);
    for (Supervisor::Action& action : actions)
      std::visit(ActionText{last_}, action);
    return *this;
  }
  Story& Wait(std::chrono::milliseconds time) {
    now_ += time;
    return *this;
  }

  // Of these, each is told as "done NAME: OK", or the name of the error.
  Story& Begin() { return Tell(Supervisor::Begin{Completion("begin")}); }
  Story& Ask(Supervisor::Request request, std::string name) {
    return Tell(Supervisor::Ask{request, Completion(std::move(name))});
  }
  Story& AskStart() { return Ask(Supervisor::Request::kStart, "start"); }
  Story& AskStop() { return Ask(Supervisor::Request::kStop, "stop"); }
  Story& AskRestart() { return Ask(Supervisor::Request::kRestart, "restart"); }
  Story& End(StopRung first = StopRung::kWait) {
    return Tell(Supervisor::End{first});
  }

  Story& Spawned() { return Tell(Supervisor::Spawned{}); }
  Story& SpawnFailed() {
    return Tell(Supervisor::SpawnFailed{absl::NotFoundError("no trampoline")});
  }
  Story& Opened() { return Tell(Supervisor::Opened{}); }
  Story& ExecFailed() {
    return Tell(Supervisor::ExecFailed{absl::NotFoundError("no program")});
  }
  Story& ExecShortage() {
    return Tell(
        Supervisor::ExecFailed{absl::ResourceExhaustedError("no descriptors"),
                               /*shortage=*/true});
  }
  Story& OutputEnded() { return Tell(Supervisor::TransportEnded{}); }
  Story& Shortage() {
    return Tell(
        Supervisor::SpawnFailed{absl::ResourceExhaustedError("no descriptors"),
                                /*shortage=*/true});
  }
  Story& OutputCut() {
    return Tell(Supervisor::TransportEnded{.cut = "half a frame"});
  }
  Story& Failed(StopRung first = StopRung::kTerminate) {
    return Tell(Supervisor::TransportFailed{"a bad frame", first});
  }
  Story& Goodbye(std::string reason = "tired") {
    return Tell(Supervisor::Goodbye{std::move(reason)});
  }
  Story& InputClosed() { return Tell(Supervisor::InputClosed{}); }
  Story& Exited(int code) {
    return Tell(Supervisor::ChildEnded{ProcessExit{.code = code}});
  }
  // That of a peer that is no process.
  Story& Closed() { return Tell(Supervisor::ChildEnded{}); }
  Story& RestartDue() { return Tell(Supervisor::RestartDue{}); }
  Story& Drain() { return Tell(Supervisor::Drain{}); }
  Story& Wake() { return Tell(Supervisor::Wake{}); }
  Story& Idled() { return Tell(Supervisor::Idled{}); }
  Story& Stopped(bool stopped) {
    return Tell(Supervisor::Looked{{.stopped = stopped}});
  }

  Story& Running() { return Begin().Spawned().Opened(); }
  Story& InBackoff() { return Running().OutputEnded().Exited(1); }

  const std::vector<std::string>& last() const { return last_; }
  const Supervisor& supervisor() const { return supervisor_; }

 private:
  Supervisor::Completion Completion(std::string name) {
    return [this, name = std::move(name)](const absl::Status& status) {
      const auto reason = ReasonOf(status);
      last_.push_back(fmt::format(
          "done {}: {}", name,
          reason.has_value() ? std::string(ReasonName(*reason))
                             : absl::StatusCodeToString(status.code())));
    };
  }

  RestartPolicy::TimePoint now_{std::chrono::seconds(1'000)};
  Supervisor supervisor_;
  std::vector<std::string> last_;
};

inline const RestartOptions kOnFailure = {
    .mode = RestartMode::kOnFailure,
    .first_delay = std::chrono::milliseconds(100),
    .longest_delay = std::chrono::milliseconds(400),
    .max_starts = 3};

}  // namespace thespian::gateway

#endif  // TESTS_ENDPOINT_SUPERVISION_STORY_H_
