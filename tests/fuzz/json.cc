// The JSON mapping: CBOR -> JSON -> CBOR is a fixed point after one round, so
// is JSON -> CBOR -> JSON, and nothing else becomes CBOR or JSON.
//
//   input := direction bytes
#include "nlohmann/json.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "endpoint/check.h"
#include "endpoint/json/json_payload.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/text.h"
#include "tests/fuzz/byte_script.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/cbor_oracle.h"

namespace thespian::gateway {
namespace {

constexpr size_t kMostBytes = 4'096;  // the oracle recurses
// The bounds that json_payload.h promises.
constexpr size_t kMostJsonForCbor = 15;
constexpr size_t kMostCborForJson = 3;

// An error of either direction, which clients are shown.
void CheckRefusal(const absl::Status& status) {
  Check(absl::IsInvalidArgument(status), "a refusal is of the argument");
  Check(IsUtf8({status.message().data(), status.message().size()}),
        "a refusal can be shown");
}

// `json` came from CBOR: it goes there and back and stays what it is.
void CheckCanonical(const std::string& json) {
  const absl::StatusOr<std::string> cbor = JsonToCbor(json);
  Check(cbor.ok(), "what was made of CBOR becomes CBOR again");
  const absl::StatusOr<std::string> again = CborToJson(*cbor);
  Check(again.ok() && *again == json, "canonical CBOR is the same JSON");
}

void TryCbor(std::string_view cbor) {
  const Judgement judged = JudgeItem(cbor);
  const bool one = judged.well_formed && judged.size == cbor.size();
  const absl::StatusOr<std::string> json = CborToJson(cbor);
  Check(!json.ok() || one, "only one item becomes JSON");
  if (json.ok()) {
    Check(json->size() <= cbor.size() * kMostJsonForCbor, "JSON is bounded");
    Check(IsUtf8(*json) && nlohmann::json::accept(*json), "JSON is JSON");
    return CheckCanonical(*json);
  }
  CheckRefusal(json.status());
  Check(!one || absl::StrContains(json.status().message(), "nested deeper"),
        "only nesting keeps an item from JSON");
}

void TryJson(std::string_view json) {
  const absl::StatusOr<std::string> cbor = JsonToCbor(json);
  if (!cbor.ok()) return CheckRefusal(cbor.status());
  Check(nlohmann::json::accept(json), "only JSON becomes CBOR");
  Check(cbor->size() <= json.size() * kMostCborForJson, "CBOR is bounded");
  Check(CheckPayload(*cbor, PayloadRules::kAnyItem).ok(), "CBOR is one item");
  const absl::StatusOr<std::string> back = CborToJson(*cbor);
  Check(back.ok(), "what was made of JSON becomes JSON again");
  const absl::StatusOr<std::string> again = JsonToCbor(*back);
  Check(again.ok() && *again == *cbor, "canonical JSON is the same CBOR");
}

}  // namespace

void TryInput(std::string_view input) {
  if (input.size() > kMostBytes) return;
  ByteScript script(input);
  // The letters make hand-written inputs easy to read.
  const std::string_view direction = script.Bytes(1);
  if (direction == "c") return TryCbor(script.Rest());
  TryJson(script.Rest());
}

}  // namespace thespian::gateway
