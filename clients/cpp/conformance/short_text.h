// A value for people, cut short.
#ifndef CLIENTS_CPP_CONFORMANCE_SHORT_TEXT_H_
#define CLIENTS_CPP_CONFORMANCE_SHORT_TEXT_H_

#include <string>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

inline std::string ShortText(const nlohmann::json& value) {
  constexpr size_t kMaxBytes = 300;
  std::string text = value.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/true,
                                nlohmann::json::error_handler_t::replace);
  if (text.size() <= kMaxBytes) return text;
  return fmt::format("{}... ({} bytes)", text.substr(0, kMaxBytes),
                     text.size());
}

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_SHORT_TEXT_H_
