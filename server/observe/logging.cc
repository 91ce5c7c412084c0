#include "server/observe/logging.h"

#include <unistd.h>

#include <string>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "server/observe/patient_sink.h"

namespace thespian::gateway {
namespace {

// {"time":"…","level":"info","message":"…"}
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(message.level);
    nlohmann::ordered_json line = {
        {"time",
         absl::FormatTime(absl::RFC3339_full, absl::FromChrono(message.time),
                          absl::UTCTimeZone())},
        {"level", std::string(level.data(), level.size())},
        {"message",
         std::string(message.payload.data(), message.payload.size())}};
    const std::string text =
        line.dump(-1, ' ', false,
                  nlohmann::ordered_json::error_handler_t::replace) +
        "\n";
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

std::shared_ptr<spdlog::logger> MakeLogger(const LogOptions& options) {
  auto sink = std::make_shared<PatientSink>(STDERR_FILENO);
  auto log = std::make_shared<spdlog::logger>("gateway", std::move(sink));
  log->set_level(spdlog::level::from_str(options.level));
  switch (options.format) {
    case LogFormat::kText:
      log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
      break;
    case LogFormat::kJson:
      log->set_formatter(std::make_unique<JsonFormatter>());
      break;
  }
  return log;
}

}  // namespace thespian::gateway
