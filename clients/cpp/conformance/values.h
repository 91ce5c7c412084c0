// The values of a scenario: what its forms stand for, and what it has saved.
//
// Threads:   thread-compatible.
// Errors:    INVALID_ARGUMENT: the scenario is wrong.
#ifndef CLIENTS_CPP_CONFORMANCE_VALUES_H_
#define CLIENTS_CPP_CONFORMANCE_VALUES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

// An object of one key that stands for something else: {"$name": content}.
struct Form {
  std::string_view name;  // with its "$"
  const nlohmann::json& content;
};

// Nothing if `written` is a plain value.
std::optional<Form> FormOf(const nlohmann::json& written);

class Values {
 public:
  // Within a step or an event with `times`: which round it is, from 0.
  void set_index(uint64_t index) { index_ = index; }

  void Save(const std::string& name, const nlohmann::json& value) {
    saved_[name] = value;
  }

  // The value that `written` stands for.
  absl::StatusOr<nlohmann::json> Resolve(const nlohmann::json& written) const;

  // The same as an id, an incarnation or a number; 0 for null.
  absl::StatusOr<uint64_t> Number(const nlohmann::json& written) const;

  // The same as a name; empty for null.
  absl::StatusOr<std::string> Text(const nlohmann::json& written) const;

  // The same as a payload: CBOR, or the bytes of $raw.
  absl::StatusOr<std::string> Payload(const nlohmann::json& written) const;

 private:
  absl::StatusOr<nlohmann::json> ResolveForm(const Form& form) const;

  std::map<std::string, nlohmann::json> saved_;
  uint64_t index_ = 0;
};

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_VALUES_H_
