#include "clients/cpp/conformance/wording.h"

#include "fmt/format.h"

namespace thespian::gateway::conformance {
namespace {

constexpr size_t kMaxBytes = 300;

}  // namespace

std::string ShortText(const nlohmann::json& value) {
  std::string text = value.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/true,
                                nlohmann::json::error_handler_t::replace);
  if (text.size() <= kMaxBytes) return text;
  return fmt::format("{}... ({} bytes)", text.substr(0, kMaxBytes),
                     text.size());
}

absl::Status At(std::string_view place, const absl::Status& status) {
  if (status.ok()) return status;
  return {status.code(),
          fmt::format("{}: {}", place, std::string(status.message()))};
}

}  // namespace thespian::gateway::conformance
