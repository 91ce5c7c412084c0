#include "clients/cpp/conformance/match.h"

#include <limits>
#include <string>

#include "clients/cpp/conformance/wording.h"
#include "fmt/format.h"

namespace thespian::gateway::conformance {
namespace {

using nlohmann::json;

// So every integer of 64 bits is one, too.
using Number = long double;
static_assert(std::numeric_limits<Number>::digits >= 64);

absl::Status Check(bool matches, const json& expected, const json& seen) {
  if (matches) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("expected {}, saw {}", ShortText(expected), ShortText(seen)));
}

bool Equal(const json& expected, const json& seen) {
  if (!expected.is_number() || !seen.is_number()) return expected == seen;
  return expected.get<Number>() == seen.get<Number>();
}

bool Contains(const json& text, const json& part) {
  return text.is_string() && part.is_string() &&
         text.get_ref<const std::string&>().find(
             part.get_ref<const std::string&>()) != std::string::npos;
}

absl::Status MatchValue(const json& expected, const json& seen,
                        const Values& values) {
  const absl::StatusOr<json> value = values.Resolve(expected);
  if (!value.ok()) return value.status();
  return Check(Equal(*value, seen), *value, seen);
}

absl::Status MatchAbove(const json& bound, const json& seen,
                        const Values& values) {
  const absl::StatusOr<json> value = values.Resolve(bound);
  if (!value.ok()) return value.status();
  const bool above = value->is_number() && seen.is_number() &&
                     seen.get<Number>() > value->get<Number>();
  return Check(above, {{"$above", *value}}, seen);
}

absl::Status MatchForm(const Form& form, const json& expected, const json& seen,
                       Values& values) {
  if (form.name == "$any") return absl::OkStatus();
  if (form.name == "$above") return MatchAbove(form.content, seen, values);
  if (form.name == "$contains") {
    return Check(Contains(seen, form.content), expected, seen);
  }
  if (form.name == "$length") {
    const bool matches = seen.is_array() && form.content == seen.size();
    return Check(matches, expected, seen);
  }
  if (form.name == "$save" && form.content.is_string()) {
    values.Save(form.content, seen);
    return absl::OkStatus();
  }
  return MatchValue(expected, seen, values);
}

absl::Status MatchList(const json& expected, const json& seen, Values& values) {
  if (!seen.is_array() || seen.size() != expected.size()) {
    return Check(/*matches=*/false, expected, seen);
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const absl::Status status = Match(expected[i], seen[i], values);
    if (!status.ok()) return At(fmt::format("item {}", i), status);
  }
  return absl::OkStatus();
}

absl::Status MatchObject(const json& expected, const json& seen,
                         Values& values) {
  if (!seen.is_object()) return Check(/*matches=*/false, expected, seen);
  for (const auto& [key, value] : expected.items()) {
    const auto found = seen.find(key);
    if (found == seen.end()) {
      return absl::FailedPreconditionError(
          fmt::format("{} is missing in {}", key, ShortText(seen)));
    }
    const absl::Status status = Match(value, *found, values);
    if (!status.ok()) return At(key, status);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Match(const json& expected, const json& seen, Values& values) {
  if (const std::optional<Form> form = FormOf(expected)) {
    return MatchForm(*form, expected, seen, values);
  }
  if (expected.is_array()) return MatchList(expected, seen, values);
  if (expected.is_object()) return MatchObject(expected, seen, values);
  return Check(Equal(expected, seen), expected, seen);
}

}  // namespace thespian::gateway::conformance
