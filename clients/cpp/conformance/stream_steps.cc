#include "clients/cpp/conformance/stream_steps.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "absl/functional/function_ref.h"
#include "clients/cpp/client.h"
#include "clients/cpp/conformance/actor_session.h"
#include "clients/cpp/conformance/match.h"
#include "clients/cpp/conformance/requests.h"
#include "clients/cpp/conformance/seen.h"
#include "clients/cpp/conformance/watch_session.h"
#include "clients/cpp/conformance/wording.h"
#include "fmt/format.h"

namespace thespian::gateway::conformance {
namespace {

using nlohmann::json;

constexpr std::string_view kChange = "endpoint_changed";

// A step is done when its command is queued: there is room for those of any
// scenario.
constexpr size_t kQueueBytes = 64u << 20;

absl::StatusOr<Stream*> StreamOf(const Stage& stage, const Step& step) {
  const auto stream = stage.streams.find(step.Text("on"));
  if (stream != stage.streams.end()) return stream->second.get();
  return absl::InvalidArgumentError(
      fmt::format("there is no stream {}", ShortText(step["on"])));
}

absl::StatusOr<ActorSession*> AttachedOf(const Stage& stage, const Step& step) {
  const absl::StatusOr<Stream*> stream = StreamOf(stage, step);
  if (!stream.ok()) return stream.status();
  ActorSession* const session = (*stream)->actor_session();
  if (session != nullptr && session->actor() != nullptr) return session;
  return absl::InvalidArgumentError(
      fmt::format("{} takes no commands", ShortText(step["on"])));
}

// `Options`: of an actor or of a listener.
template <typename Options>
StepResult Open(Stage& stage, const Step& step, Options options) {
  absl::StatusOr<std::string> name = stage.values.Text(step["name"]);
  if (!name.ok()) return name.status();
  options.name = *std::move(name);
  client::Client client = ClientOf(stage, step);
  auto session = std::make_unique<ActorSession>(client, options);
  StepResult opened = session->AwaitOpen(stage.deadline);
  if (opened.ok() && opened->status.ok()) {
    stage.streams[step.Text("as")] = std::move(session);
  }
  return opened;
}

// Of a command that is waited for the gateway tells how it ended.
StepResult Command(
    Stage& stage, const Step& step,
    absl::FunctionRef<absl::Status(client::Actor&, uint64_t id)> command) {
  const absl::StatusOr<ActorSession*> session = AttachedOf(stage, step);
  if (!session.ok()) return session.status();
  const bool awaited = step.Flag("confirm") || step.Has("error");
  const uint64_t id = awaited ? (*session)->NewCommandId() : 0;
  absl::Status queued = command(*(*session)->actor(), id);
  if (!queued.ok() || !awaited) return Outcome{.status = std::move(queued)};
  return (*session)->AwaitResult(id, stage.deadline);
}

bool IsChange(const json& event) { return event.contains(kChange); }

// The next event; null: the stream has ended.
absl::StatusOr<json> NextOf(Stream& stream, Deadline deadline,
                            bool with_changes) {
  while (true) {
    absl::StatusOr<json> event = stream.Next(deadline);
    if (!event.ok() || with_changes || !IsChange(*event)) return event;
  }
}

absl::Status SeeOne(Stage& stage, Stream& stream, const json& expected,
                    bool with_changes) {
  const absl::StatusOr<json> event =
      NextOf(stream, stage.deadline, with_changes);
  if (!event.ok()) return event.status();
  if (!event->is_null()) return Match(expected, *event, stage.values);
  return absl::FailedPreconditionError(fmt::format(
      "the stream has ended: {}", ShortText(SeenError(stream.end()))));
}

// An event of a step, as often as its `times` say.
absl::Status SeeTimes(Stage& stage, Stream& stream, json expected,
                      bool with_changes) {
  const uint64_t times = expected.value("times", uint64_t{1});
  expected.erase("times");
  for (uint64_t i = 0; i < times; ++i) {
    stage.values.set_index(i);
    const absl::Status status = SeeOne(stage, stream, expected, with_changes);
    if (!status.ok()) {
      return At(fmt::format("event {} of {}", i + 1, times), status);
    }
  }
  return absl::OkStatus();
}

}  // namespace

StepResult Attach(Stage& stage, const Step& step) {
  return Open(stage, step,
              client::AttachOptions{.max_queued_bytes = kQueueBytes});
}

StepResult Listen(Stage& stage, const Step& step) {
  return Open(stage, step, client::ListenOptions{});
}

StepResult Watch(Stage& stage, const Step& step) {
  const absl::StatusOr<client::WatchOptions> options =
      WatchOptionsOf(stage, step);
  if (!options.ok()) return options.status();
  stage.streams[step.Text("as")] = std::make_unique<WatchSession>(
      ClientOf(stage, step).ResumeWatch(*options));
  return Outcome{};
}

StepResult SendOnStream(Stage& stage, const Step& step) {
  const absl::StatusOr<Message> message = MessageOf(stage, step);
  if (!message.ok()) return message.status();
  return Command(stage, step, [&](client::Actor& actor, uint64_t id) {
    if (const auto* to = std::get_if<client::NamedActor>(&message->to)) {
      return actor.SendNamed(*to, message->payload, id);
    }
    return actor.Send(std::get<client::RemoteActor>(message->to),
                      message->payload, id);
  });
}

StepResult Link(Stage& stage, const Step& step) {
  const absl::StatusOr<client::RemoteActor> to =
      RemoteOf(stage, step, "remote_id");
  if (!to.ok()) return to.status();
  return Command(stage, step, [&to](client::Actor& actor, uint64_t id) {
    return actor.Link(*to, id);
  });
}

StepResult HalfClose(Stage& stage, const Step& step) {
  const absl::StatusOr<ActorSession*> session = AttachedOf(stage, step);
  if (!session.ok()) return session.status();
  (*session)->actor()->HalfClose();
  return Outcome{};
}

StepResult Cancel(Stage& stage, const Step& step) {
  const absl::StatusOr<Stream*> stream = StreamOf(stage, step);
  if (!stream.ok()) return stream.status();
  stage.streams.erase(step.Text("on"));
  return Outcome{};
}

StepResult See(Stage& stage, const Step& step) {
  const absl::StatusOr<Stream*> stream = StreamOf(stage, step);
  if (!stream.ok()) return stream.status();
  const json& events = step["events"];
  const bool with_changes = std::any_of(events.begin(), events.end(), IsChange);
  for (size_t i = 0; i < events.size(); ++i) {
    const absl::Status status =
        SeeTimes(stage, **stream, events[i], with_changes);
    if (!status.ok()) return At(fmt::format("item {}", i + 1), status);
  }
  return Outcome{};
}

StepResult End(Stage& stage, const Step& step) {
  const absl::StatusOr<Stream*> stream = StreamOf(stage, step);
  if (!stream.ok()) return stream.status();
  while (true) {
    const absl::StatusOr<json> event =
        NextOf(**stream, stage.deadline, /*with_changes=*/false);
    if (!event.ok()) return event.status();
    if (event->is_null()) return Outcome{.status = (*stream)->end()};
    if (step.Flag("skip_events")) continue;
    return absl::FailedPreconditionError(fmt::format(
        "expected the end of the stream, saw {}", ShortText(*event)));
  }
}

}  // namespace thespian::gateway::conformance
