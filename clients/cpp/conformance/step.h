// One step of a scenario, by the keys that clients/conformance/README.md names.
//
// Ownership: borrows the scenario.
#ifndef CLIENTS_CPP_CONFORMANCE_STEP_H_
#define CLIENTS_CPP_CONFORMANCE_STEP_H_

#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

class Step {
 public:
  explicit Step(const nlohmann::json& step) : step_(step) {}

  bool Has(std::string_view key) const { return step_.contains(key); }

  // Null if it is left out.
  const nlohmann::json& operator[](std::string_view key) const {
    static const nlohmann::json null;
    const auto found = step_.find(key);
    return found == step_.end() ? null : *found;
  }

  // Empty if it is left out, or no text.
  std::string Text(std::string_view key) const {
    const nlohmann::json& text = (*this)[key];
    return text.is_string() ? text.get<std::string>() : "";
  }

  // False if it is left out.
  bool Flag(std::string_view key) const { return (*this)[key] == true; }

 private:
  const nlohmann::json& step_;
};

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_STEP_H_
