#include "server/observe/logging.h"

#include <unistd.h>

#include <string>

#include "absl/time/time.h"
#include "endpoint/log_fields.h"
#include "nlohmann/json.hpp"
#include "server/observe/dropping_log_sink.h"
#include "server/observe/log_escape.h"
#include "spdlog/pattern_formatter.h"

namespace thespian::gateway {
namespace {

// The words of a line, on one line.
class EscapedPayload final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string text =
        EscapeForText({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<EscapedPayload>();
  }
};

void AddFields(const LogFields& fields, nlohmann::ordered_json& line) {
  if (!fields.endpoint.empty()) line["endpoint"] = fields.endpoint;
  if (fields.incarnation.value != 0) {
    line["incarnation"] = fields.incarnation.value;
  }
  if (fields.pid != 0) line["pid"] = fields.pid;
  if (!fields.state.empty()) line["state"] = fields.state;
}

// {"time":"…","level":"info","endpoint":"…","message":"…"}
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(message.level);
    nlohmann::ordered_json line = {
        {"time",
         absl::FormatTime(absl::RFC3339_full, absl::FromChrono(message.time),
                          absl::UTCTimeZone())},
        {"level", std::string(level.data(), level.size())}};
    if (const LogFields* fields = LogScope::Current()) {
      AddFields(*fields, line);
    }
    line["message"] =
        std::string(message.payload.data(), message.payload.size());
    const std::string text = EscapeInJson(line.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    out.append(text.data(), text.data() + text.size());
    out.push_back('\n');
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format) {
  if (format == LogFormat::kJson) return std::make_unique<JsonFormatter>();
  auto text = std::make_unique<spdlog::pattern_formatter>();
  text->add_flag<EscapedPayload>('*').set_pattern(
      "%Y-%m-%dT%H:%M:%S.%e%z %l %*");
  return text;
}

std::shared_ptr<spdlog::logger> MakeLogger(const LogOptions& options) {
  auto sink = std::make_shared<DroppingLogSink>(STDERR_FILENO);
  auto log = std::make_shared<spdlog::logger>("gateway", std::move(sink));
  log->set_level(spdlog::level::from_str(options.level));
  log->set_formatter(MakeLogFormatter(options.format));
  return log;
}

}  // namespace thespian::gateway
