#include "server/codec/payload.h"

#include <utility>

#include "endpoint/error.h"
#include "endpoint/json/json_payload.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {

absl::StatusOr<std::string_view> CborOf(const v1::Payload& payload,
                                        std::string& storage) {
  switch (payload.encoding_case()) {
    case v1::Payload::kCbor:
      return std::string_view(payload.cbor());
    case v1::Payload::kJson: {
      absl::StatusOr<std::string> cbor = JsonToCbor(payload.json());
      if (!cbor.ok()) {
        return MakeFieldError(
            ErrorReason::kPayloadInvalid, "payload.json",
            fmt::format("payload.json: {}", MessageOf(cbor.status())));
      }
      storage = *std::move(cbor);
      return std::string_view(storage);
    }
    case v1::Payload::ENCODING_NOT_SET:
      break;
  }
  return MakeFieldError(ErrorReason::kPayloadInvalid, "payload",
                        "payload is missing");
}

std::optional<std::string> JsonOf(std::string_view cbor,
                                  v1::PayloadEncoding encoding) {
  if (encoding != v1::PAYLOAD_ENCODING_JSON) return std::nullopt;
  absl::StatusOr<std::string> json = CborToJson(cbor);
  if (!json.ok()) return std::nullopt;
  return *std::move(json);
}

void SetPayload(std::string_view cbor, v1::PayloadEncoding encoding,
                v1::Payload& payload) {
  std::optional<std::string> json = JsonOf(cbor, encoding);
  if (json.has_value()) {
    payload.set_json(*std::move(json));
  } else {
    payload.set_cbor(cbor.data(), cbor.size());
  }
}

}  // namespace thespian::gateway
