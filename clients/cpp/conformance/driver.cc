#include "clients/cpp/conformance/driver.h"

#include "clients/cpp/conformance/wording.h"
#include "fmt/format.h"

namespace thespian::gateway::conformance {

using nlohmann::json;

absl::StatusOr<json> Driver::Read() {
  std::string line;
  if (!std::getline(in_, line)) {
    return absl::OutOfRangeError("the input has ended");
  }
  json value = json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) {
    return absl::InvalidArgumentError("a line is no JSON object");
  }
  return value;
}

void Driver::Write(const json& line) {
  // What was seen may hold a text that is no UTF-8.
  out_ << line.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/true,
                    json::error_handler_t::replace)
       << std::endl;
}

absl::Status Driver::Ask(const std::string& action) {
  Write({{"ask", action}});
  const absl::StatusOr<json> answer = Read();
  if (!answer.ok()) return answer.status();
  if (answer->contains("done") && (*answer)["done"] == action) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(fmt::format(
      "the driver was asked to {} and said {}", action, ShortText(*answer)));
}

}  // namespace thespian::gateway::conformance
