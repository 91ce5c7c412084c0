#include "endpoint/session/outgoing_rules.h"

#include <string>
#include <variant>
#include <vector>

#include "endpoint/actors/local_actors.h"
#include "endpoint/error.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {

absl::Status OutgoingRules::Check(const Outgoing& message) const {
  absl::Status status = CheckTarget(message);
  if (!status.ok()) return status;
  status = CheckSize(message.payload.size(), facts_.dialect.max_payload_bytes,
                     "payload has");
  if (!status.ok()) return status;
  status = CheckPayload(message.payload, facts_.dialect.payloads,
                        facts_.options.control);
  if (status.ok()) return status;
  return MakeFieldError(
      ErrorReason::kPayloadInvalid, "payload",
      fmt::format("payload is not allowed by dialect '{}': {}",
                  facts_.dialect.name, MessageOf(status)));
}

absl::Status OutgoingRules::CheckTarget(const Outgoing& message) const {
  const auto* to_name = std::get_if<std::string_view>(&message.to);
  if (to_name != nullptr) {
    absl::Status status = CheckActorName("to_name", *to_name);
    return status.ok() ? CheckNameIsListed(*to_name, message.attached) : status;
  }
  if (std::get<RemoteId>(message.to).value != 0) return absl::OkStatus();
  return MakeFieldError(ErrorReason::kFieldInvalid, "to_id",
                        "to_id must not be 0");
}

absl::Status OutgoingRules::CheckNameIsListed(std::string_view to_name,
                                              bool attached) const {
  const std::vector<std::string>& names = facts_.options.names;
  for (const std::string& listed : names) {
    if (listed == to_name || listed == "*") return absl::OkStatus();
  }
  if (!names.empty()) {
    return MakeFieldError(
        ErrorReason::kNameUnknown, "to_name",
        fmt::format("to_name '{}' is not one of the names that clients may "
                    "send to on endpoint '{}'; --names lists them",
                    to_name, *facts_.name));
  }
  if (!attached || !facts_.dialect.is_thespian) return absl::OkStatus();
  return MakeFieldError(
      ErrorReason::kNameUnknown, "to_name",
      fmt::format("to_name '{}' is not known on endpoint '{}': in dialect '{}' "
                  "a wrong name would end the child with the sender's next "
                  "message, so attached actors may only send to names that "
                  "--names lists (Call and anonymous sends may to any)",
                  to_name, *facts_.name, facts_.dialect.name));
}

absl::Status OutgoingRules::CheckSize(size_t bytes, size_t most,
                                      std::string_view what) const {
  if (bytes <= most) return absl::OkStatus();
  return MakeFieldError(
      ErrorReason::kFrameTooLarge, "payload",
      fmt::format("{} {} bytes, over the limit of {} for dialect '{}'", what,
                  bytes, most, facts_.dialect.name));
}

absl::Status OutgoingRules::CheckFrame(size_t bytes) const {
  return CheckSize(bytes, facts_.max_outgoing_frame_bytes,
                   "the frame would have");
}

absl::Status OutgoingRules::CheckIncarnation(Incarnation current,
                                             Incarnation wanted) const {
  if (wanted.value == 0 || wanted == current) return absl::OkStatus();
  return MakeFieldError(
      ErrorReason::kIncarnationStale, "incarnation",
      fmt::format("incarnation {} is not the current one of endpoint '{}', "
                  "which is {}",
                  wanted.value, *facts_.name, current.value));
}

absl::Status OutgoingRules::ActorUnknownError(std::string_view field,
                                              RemoteId id,
                                              Incarnation incarnation) const {
  return MakeFieldError(
      ErrorReason::kActorUnknown, field,
      fmt::format("{} {} has no live proxy in incarnation {} of endpoint '{}'",
                  field, id.value, incarnation.value, *facts_.name));
}

}  // namespace thespian::gateway
