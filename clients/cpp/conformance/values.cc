#include "clients/cpp/conformance/values.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "clients/cpp/conformance/wording.h"
#include "fmt/format.h"

namespace thespian::gateway::conformance {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxTextBytes = 64 << 20;

absl::Status Wrong(const json& written, std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("{} is {}", ShortText(written), what));
}

std::string TextOf(const json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}

absl::StatusOr<std::string> BytesOf(const json& digits) {
  const std::string text = TextOf(digits);
  if (!digits.is_string() || text.size() % 2 != 0 ||
      !std::all_of(text.begin(), text.end(), [](unsigned char digit) {
        return absl::ascii_isxdigit(digit);
      })) {
    return Wrong(digits, "not bytes in hex");
  }
  return absl::HexStringToBytes(text);
}

absl::StatusOr<json> BinaryOf(const json& digits) {
  const absl::StatusOr<std::string> bytes = BytesOf(digits);
  if (!bytes.ok()) return bytes.status();
  return json::binary({bytes->begin(), bytes->end()});
}

absl::StatusOr<json> IntegerOf(const json& digits) {
  const std::string text = TextOf(digits);
  uint64_t positive = 0;
  if (absl::SimpleAtoi(text, &positive)) return json(positive);
  int64_t negative = 0;
  if (absl::SimpleAtoi(text, &negative)) return json(negative);
  return Wrong(digits, "no integer of 64 bits");
}

absl::StatusOr<json> RepeatedText(const json& parts) {
  if (!parts.is_array() || parts.size() != 2 || !parts[0].is_string() ||
      !parts[1].is_number_unsigned()) {
    return Wrong(parts, "not a text and how often it is repeated");
  }
  const auto part = parts[0].get<std::string>();
  const auto times = parts[1].get<uint64_t>();
  if (times > kMaxTextBytes / (part.size() + 1)) {
    return Wrong(parts, "a text that is too long");
  }
  std::string text;
  for (uint64_t i = 0; i < times; ++i) text += part;
  return json(std::move(text));
}

}  // namespace

std::optional<Form> FormOf(const json& written) {
  if (!written.is_object() || written.size() != 1) return std::nullopt;
  const auto member = written.begin();
  if (!member.key().starts_with('$')) return std::nullopt;
  return Form{.name = member.key(), .content = member.value()};
}

absl::StatusOr<json> Values::Resolve(const json& written) const {
  if (const std::optional<Form> form = FormOf(written)) {
    return ResolveForm(*form);
  }
  if (!written.is_structured()) return json(written);
  json resolved = written;
  for (json& item : resolved) {
    absl::StatusOr<json> value = Resolve(item);
    if (!value.ok()) return value;
    item = *std::move(value);
  }
  return resolved;
}

absl::StatusOr<json> Values::ResolveForm(const Form& form) const {
  if (form.name == "$bytes") return BinaryOf(form.content);
  if (form.name == "$int") return IntegerOf(form.content);
  if (form.name == "$text") return RepeatedText(form.content);
  if (form.name == "$index") return json(index_);
  if (form.name == "$var") {
    const auto saved = saved_.find(TextOf(form.content));
    if (saved != saved_.end()) return json(saved->second);
    return Wrong(form.content, "not saved");
  }
  return absl::InvalidArgumentError(
      fmt::format("the form {} does not stand for a value here", form.name));
}

absl::StatusOr<uint64_t> Values::Number(const json& written) const {
  if (written.is_null()) return 0;
  const absl::StatusOr<json> value = Resolve(written);
  if (!value.ok()) return value.status();
  if (!value->is_number_unsigned()) return Wrong(*value, "no number from 0");
  return value->get<uint64_t>();
}

absl::StatusOr<std::string> Values::Text(const json& written) const {
  if (written.is_null()) return "";
  const absl::StatusOr<json> value = Resolve(written);
  if (!value.ok()) return value.status();
  if (!value->is_string()) return Wrong(*value, "no text");
  return value->get<std::string>();
}

absl::StatusOr<std::string> Values::Payload(const json& written) const {
  const std::optional<Form> form = FormOf(written);
  if (form.has_value() && form->name == "$raw") return BytesOf(form->content);
  const absl::StatusOr<json> value = Resolve(written);
  if (!value.ok()) return value.status();
  std::string cbor;
  json::to_cbor(*value, cbor);
  return cbor;
}

}  // namespace thespian::gateway::conformance
