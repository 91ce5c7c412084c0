#include "endpoint/wire/payload_profile.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "endpoint/wire/cbor_item.h"
#include "fmt/format.h"

namespace thespian::gateway {

std::string_view ProfileName(PayloadProfile profile) {
  switch (profile) {
    case PayloadProfile::kThespian:
      return "thespian";
    case PayloadProfile::kCbor:
      return "cbor";
  }
  return "unknown";
}

absl::Status CheckPayload(std::string_view payload, PayloadProfile profile) {
  if (payload.empty()) {
    return absl::InvalidArgumentError("the payload is empty (at byte 0)");
  }
  const ItemRules rules = profile == PayloadProfile::kThespian
                              ? ItemRules::kPlain
                              : ItemRules::kWellFormed;
  const absl::StatusOr<size_t> size = MeasureItem(payload, rules);
  if (!size.ok()) return size.status();
  if (*size == payload.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{} bytes follow the one item that a payload is (at byte {})",
                  payload.size() - *size, *size));
}

size_t MaxOutgoingFrameBytes(PayloadProfile profile, size_t max_frame_bytes) {
  return profile == PayloadProfile::kThespian
             ? std::min(kThespianMaxFrameBytes, max_frame_bytes)
             : max_frame_bytes;
}

}  // namespace thespian::gateway
