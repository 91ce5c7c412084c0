#include "clients/cpp/conformance/play.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "clients/cpp/conformance/match.h"
#include "clients/cpp/conformance/outcome.h"
#include "clients/cpp/conformance/seen.h"
#include "clients/cpp/conformance/stage.h"
#include "clients/cpp/conformance/step.h"
#include "clients/cpp/conformance/stream_steps.h"
#include "clients/cpp/conformance/unary_steps.h"
#include "clients/cpp/conformance/wording.h"
#include "fmt/format.h"

namespace thespian::gateway::conformance {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kStepPatience{30};
constexpr std::chrono::milliseconds kRetryPause{20};

using Action = StepResult (*)(Stage& stage, const Step& step);

StepResult Send(Stage& stage, const Step& step) {
  return step.Has("on") ? SendOnStream(stage, step) : SendUnary(stage, step);
}

StepResult AskDriver(Stage& stage, const Step& step) {
  const absl::Status status = stage.driver.Ask(step.Text("action"));
  if (!status.ok()) return status;
  return Outcome{};
}

constexpr std::array<std::pair<std::string_view, Action>, 16> kActions = {{
    {"attach", Attach},
    {"call", Call},
    {"cancel", Cancel},
    {"end", End},
    {"endpoint", GetEndpoint},
    {"endpoints", ListEndpoints},
    {"gateway", AskDriver},
    {"half_close", HalfClose},
    {"link", Link},
    {"listen", Listen},
    {"local_actors", ListLocalActors},
    {"proxies", ListProxies},
    {"release", Release},
    {"see", See},
    {"send", Send},
    {"watch", Watch},
}};

StepResult Do(Stage& stage, const Step& step) {
  const std::string name = step.Text("do");
  const auto* const action =
      std::find_if(kActions.begin(), kActions.end(),
                   [&name](const auto& known) { return known.first == name; });
  if (action != kActions.end()) return action->second(stage, step);
  return absl::InvalidArgumentError("the runner does not know this step");
}

absl::Status MatchError(const json& expected, const absl::Status& status,
                        Values& values) {
  if (!status.ok()) return Match(expected, SeenError(status), values);
  return absl::FailedPreconditionError(
      fmt::format("it succeeded; expected the error {}", ShortText(expected)));
}

absl::Status PlayOnce(Stage& stage, const Step& step) {
  const StepResult outcome = Do(stage, step);
  if (!outcome.ok()) return outcome.status();
  if (step.Has("error")) {
    return MatchError(step["error"], outcome->status, stage.values);
  }
  if (!outcome->status.ok()) {
    return absl::FailedPreconditionError(
        fmt::format("it failed: {}", ShortText(SeenError(outcome->status))));
  }
  if (!step.Has("expect")) return absl::OkStatus();
  return Match(step["expect"], outcome->result, stage.values);
}

absl::Status PlayTimes(Stage& stage, const Step& step) {
  const absl::StatusOr<uint64_t> times = stage.values.Number(step["times"]);
  if (!times.ok()) return times.status();
  for (uint64_t i = 0; i < std::max<uint64_t>(*times, 1); ++i) {
    stage.values.set_index(i);
    absl::Status status = PlayOnce(stage, step);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Does a step again and again if its outcome may come late.
absl::Status PlayStep(Stage& stage, const Step& step) {
  stage.deadline = Deadline::clock::now() + kStepPatience;
  const auto last_try = stage.deadline - kRetryPause;
  while (true) {
    absl::Status status = PlayTimes(stage, step);
    if (status.ok() || !step.Flag("eventually")) return status;
    if (Deadline::clock::now() >= last_try) return status;
    std::this_thread::sleep_for(kRetryPause);  // NOLINT(house): a poll
  }
}

}  // namespace

absl::Status Play(const json& scenario, const client::ConnectOptions& gateway,
                  Driver& driver) {
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      client::OpenChannel(gateway);
  if (!channel.ok()) return channel.status();
  Stage stage{.channel = *channel, .driver = driver};
  size_t number = 0;
  for (const json& step : Step(scenario)["steps"]) {
    ++number;
    const absl::Status status = PlayStep(stage, Step(step));
    if (!status.ok()) {
      return At(fmt::format("step {}, {}", number, Step(step).Text("do")),
                status);
    }
  }
  return absl::OkStatus();
}

}  // namespace thespian::gateway::conformance
