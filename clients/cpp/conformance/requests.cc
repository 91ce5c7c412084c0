#include "clients/cpp/conformance/requests.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "clients/cpp/conformance/actor_session.h"
#include "clients/cpp/conformance/wording.h"
#include "fmt/format.h"

namespace thespian::gateway::conformance {
namespace {

using nlohmann::json;

absl::StatusOr<client::Speaker> WrittenSpeaker(const Stage& stage,
                                               const Step& from) {
  const absl::StatusOr<uint64_t> id = stage.values.Number(from["id"]);
  if (!id.ok()) return id.status();
  return client::Speaker{.id = {*id}, .token = from.Text("token")};
}

absl::StatusOr<std::vector<v1::ProxyEventKind>> KindsOf(const json& names) {
  std::vector<v1::ProxyEventKind> kinds;
  for (const json& name : names) {
    v1::ProxyEventKind kind{};
    const std::string upper =
        absl::AsciiStrToUpper(name.is_string() ? name.get<std::string>() : "");
    if (!v1::ProxyEventKind_Parse("PROXY_EVENT_KIND_" + upper, &kind)) {
      return absl::InvalidArgumentError(
          fmt::format("{} is no kind of event", ShortText(name)));
    }
    kinds.push_back(kind);
  }
  return kinds;
}

}  // namespace

client::Client ClientOf(const Stage& stage, const Step& step) {
  auto patience = absl::FromChrono(stage.deadline - Deadline::clock::now());
  const json& milliseconds = step["deadline_ms"];
  if (milliseconds.is_number_unsigned()) {
    patience =
        std::min(patience, absl::Milliseconds(milliseconds.get<uint64_t>()));
  }
  return {stage.channel, patience};
}

absl::StatusOr<client::RemoteActor> RemoteOf(const Stage& stage,
                                             const Step& step,
                                             std::string_view key) {
  const absl::StatusOr<uint64_t> id = stage.values.Number(step[key]);
  if (!id.ok()) return id.status();
  const absl::StatusOr<uint64_t> incarnation =
      stage.values.Number(step["incarnation"]);
  if (!incarnation.ok()) return incarnation.status();
  return client::RemoteActor{.endpoint = step.Text("endpoint"),
                             .id = {*id},
                             .incarnation = {*incarnation}};
}

absl::StatusOr<Message> MessageOf(const Stage& stage, const Step& step) {
  absl::StatusOr<std::string> payload = stage.values.Payload(step["payload"]);
  if (!payload.ok()) return payload.status();
  const absl::StatusOr<json> to = stage.values.Resolve(step["to"]);
  if (!to.ok()) return to.status();
  if (to->is_string()) {
    return Message{.to = client::NamedActor{.endpoint = step.Text("endpoint"),
                                            .name = to->get<std::string>()},
                   .payload = *std::move(payload)};
  }
  absl::StatusOr<client::RemoteActor> remote = RemoteOf(stage, step, "to");
  if (!remote.ok()) return remote.status();
  return Message{.to = *std::move(remote), .payload = *std::move(payload)};
}

absl::StatusOr<client::Speaker> SpeakerOf(const Stage& stage,
                                          const Step& step) {
  const json& from = step["from"];
  if (from.is_null()) return client::Speaker{};
  if (from.is_object()) return WrittenSpeaker(stage, Step(from));
  const auto stream = stage.streams.find(step.Text("from"));
  ActorSession* const session =
      stream == stage.streams.end() ? nullptr : stream->second->actor_session();
  if (session != nullptr) return session->speaker();
  return absl::InvalidArgumentError(
      fmt::format("{} is nobody who could send", ShortText(from)));
}

absl::StatusOr<client::WatchOptions> WatchOptionsOf(const Stage& stage,
                                                    const Step& step) {
  const absl::StatusOr<uint64_t> after =
      stage.values.Number(step["after_sequence"]);
  if (!after.ok()) return after.status();
  const absl::StatusOr<uint64_t> epoch = stage.values.Number(step["epoch"]);
  if (!epoch.ok()) return epoch.status();
  absl::StatusOr<std::vector<v1::ProxyEventKind>> kinds =
      KindsOf(step["kinds"]);
  if (!kinds.ok()) return kinds.status();
  return client::WatchOptions{
      .endpoint = step.Text("endpoint"),
      .after_sequence = *after,
      .epoch = *epoch,
      .skip_snapshot = step.Flag("skip_snapshot"),
      .kinds = *std::move(kinds),
      .include_payloads = step.Flag("include_payloads")};
}

}  // namespace thespian::gateway::conformance
