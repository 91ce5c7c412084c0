#include "endpoint/json/form_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "endpoint/json/cbor_append.h"
#include "endpoint/json/json_forms.h"
#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/cbor_item.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr uint64_t kMaxArgument = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kLastSimple = 255;

absl::Status WantsA(std::string_view form, std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("{} wants {}; a map whose only key is \"{}\" is written "
                  "{{\"$map\":[[\"{}\",value]]}}",
                  form, what, form, form));
}

// The head of a `value` that is of that kind; a view of its string.
std::optional<Head> TakeHead(HeadKind kind, std::string_view& value) {
  Head head;
  if (ReadHead(value, head) != HeadStatus::kOk || head.kind != kind) {
    return std::nullopt;
  }
  value.remove_prefix(head.size);
  return head;
}

std::optional<std::string_view> TextOf(std::string_view value) {
  const std::optional<Head> head = TakeHead(HeadKind::kText, value);
  if (!head.has_value()) return std::nullopt;
  return head->string;
}

absl::Status AppendInt(std::string_view value, std::string& out) {
  const std::optional<std::string_view> digits = TextOf(value);
  if (digits.has_value() && AppendInteger(*digits, out)) {
    return absl::OkStatus();
  }
  return WantsA(kIntForm, "an integer from -2^64 to 2^64-1 in quotes");
}

absl::Status AppendSpecialFloat(std::string_view value, std::string& out) {
  using Limits = std::numeric_limits<double>;
  const std::optional<std::string_view> word = TextOf(value);
  if (word == kNan) {
    AppendFloat(Limits::quiet_NaN(), out);
  } else if (word == kInfinity) {
    AppendFloat(Limits::infinity(), out);
  } else if (word == kMinusInfinity) {
    AppendFloat(-Limits::infinity(), out);
  } else {
    return WantsA(kFloatForm, R"("nan", "inf" or "-inf")");
  }
  return absl::OkStatus();
}

absl::Status AppendBase64(std::string_view form, MajorType type,
                          std::string_view value, std::string& out) {
  const std::optional<std::string_view> text = TextOf(value);
  std::string content;
  // It reads padding, spaces and stray bits, too: one value has one form.
  if (!text.has_value() ||
      !absl::WebSafeBase64Unescape({text->data(), text->size()}, &content) ||
      absl::WebSafeBase64Escape(content) != *text) {
    return WantsA(form, "base64url in quotes, without padding");
  }
  AppendString(type, content, out);
  return absl::OkStatus();
}

absl::Status AppendBytes(std::string_view value, std::string& out) {
  return AppendBase64(kBytesForm, MajorType::kBytes, value, out);
}

absl::Status AppendText(std::string_view value, std::string& out) {
  return AppendBase64(kTextForm, MajorType::kText, value, out);
}

absl::Status AppendSimple(std::string_view value, std::string& out) {
  const std::optional<Head> number = TakeHead(HeadKind::kUnsigned, value);
  if (!number.has_value() || number->argument > kLastSimple ||
      (number->argument >= 24 && number->argument < 32)) {
    return WantsA(kSimpleForm, "a number of 0 to 23 or 32 to 255");
  }
  AppendHead(MajorType::kSimple, number->argument, out);
  return absl::OkStatus();
}

absl::Status AppendTag(std::string_view value, std::string& out) {
  const std::optional<Head> array = TakeHead(HeadKind::kArray, value);
  const std::optional<Head> tag = TakeHead(HeadKind::kUnsigned, value);
  if (!array.has_value() || array->argument != 2 || !tag.has_value()) {
    return WantsA(kTagForm, "[number of 0 to 2^64-1, value]");
  }
  AppendHead(MajorType::kTag, tag->argument, out);
  out += value;
  return absl::OkStatus();
}

absl::Status AppendPair(std::string_view& pairs, std::string& out) {
  const std::optional<Head> pair = TakeHead(HeadKind::kArray, pairs);
  if (!pair.has_value() || pair->argument != 2) {
    return WantsA(kMapForm, "[[key, value], ...]");
  }
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<size_t> size =
        MeasureItem(pairs, ItemRules::kWellFormed);
    if (!size.ok()) return size.status();
    out += pairs.substr(0, *size);
    pairs.remove_prefix(*size);
  }
  return absl::OkStatus();
}

absl::Status AppendMap(std::string_view value, std::string& out) {
  const std::optional<Head> array = TakeHead(HeadKind::kArray, value);
  if (!array.has_value()) return WantsA(kMapForm, "[[key, value], ...]");
  AppendHead(MajorType::kMap, array->argument, out);
  for (uint64_t i = 0; i < array->argument; ++i) {
    absl::Status status = AppendPair(value, out);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

struct Form {
  std::string_view name;
  absl::Status (*append)(std::string_view value, std::string& out);
};

constexpr std::array<Form, 7> kForms = {{
    {kIntForm, AppendInt},
    {kFloatForm, AppendSpecialFloat},
    {kBytesForm, AppendBytes},
    {kTextForm, AppendText},
    {kSimpleForm, AppendSimple},
    {kTagForm, AppendTag},
    {kMapForm, AppendMap},
}};

}  // namespace

absl::Status AppendForm(std::string_view name, std::string_view value,
                        std::string& out) {
  for (const Form& form : kForms) {
    if (form.name == name) return form.append(value, out);
  }
  return absl::InvalidArgumentError(
      "an object whose only key begins with \"$\" must be one of $int, $float, "
      "$bytes, $text, $simple, $tag and $map; a map with such a key is written "
      "{\"$map\":[[key,value]]}");
}

bool AppendInteger(std::string_view digits, std::string& out) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (digits.size() > 1 && digits.front() == '0') return false;
  absl::uint128 magnitude = 0;
  if (!std::all_of(digits.begin(), digits.end(),
                   [](unsigned char c) { return absl::ascii_isdigit(c); }) ||
      !absl::SimpleAtoi(absl::string_view(digits.data(), digits.size()),
                        &magnitude)) {
    return false;
  }
  const bool below_zero = negative && magnitude > 0;
  const absl::uint128 argument = below_zero ? magnitude - 1 : magnitude;
  if (argument > kMaxArgument) return false;
  AppendHead(below_zero ? MajorType::kNegative : MajorType::kUnsigned,
             absl::Uint128Low64(argument), out);
  return true;
}

}  // namespace thespian::gateway
