#include "server/access/audit.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway {
namespace {

std::string_view NameOf(AuditEvent event) {
  switch (event) {
    case AuditEvent::kChanged:
      return "changed";
    case AuditEvent::kNameRegistered:
      return "name_registered";
    case AuditEvent::kRefused:
      return "refused";
    case AuditEvent::kUnauthenticated:
      return "unauthenticated";
    case AuditEvent::kLimited:
      return "limited";
  }
  return "";
}

void AddUnlessEmpty(const char* key, std::string_view text,
                    nlohmann::ordered_json& json) {
  if (!text.empty()) json[key] = text;
}

// spdlog would make the next file as the umask has it.
spdlog::file_event_handlers ForTheOwnerAlone() {
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](const spdlog::filename_t&, std::FILE* file) {
    fchmod(fileno(file), S_IRUSR | S_IWUSR);
  };
  return handlers;
}

absl::Status CantWrite(const std::string& path, std::string_view why) {
  return absl::FailedPreconditionError(
      fmt::format("{}: can't be written: {}", path, why));
}

// spdlog would wait for the other end of a pipe, and make directories.
absl::Status CheckPlace(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0) {
    return S_ISREG(info.st_mode) ? absl::OkStatus()
                                 : CantWrite(path, "it is no regular file");
  }
  const std::string directory = std::filesystem::path(path).parent_path();
  if (directory.empty() || access(directory.c_str(), W_OK) == 0) {
    return absl::OkStatus();
  }
  return CantWrite(path, std::system_category().message(errno));
}

}  // namespace

// All in ASCII, so that a line is one, and drives no terminal.
std::string ToJson(const AuditRecord& record) {
  nlohmann::ordered_json json;
  json["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", record.time,
                                  absl::UTCTimeZone());
  json["event"] = NameOf(record.event);
  json["principal"] = record.principal;
  json["peer"] = record.peer;
  json["method"] = MethodName(record.method);
  AddUnlessEmpty("endpoint", record.endpoint, json);
  AddUnlessEmpty("name", record.name, json);
  json["outcome"] = record.outcome;
  AddUnlessEmpty("rule", record.rule, json);
  if (record.held_back > 0) json["held_back"] = record.held_back;
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/true,
                   nlohmann::json::error_handler_t::replace);
}

absl::StatusOr<std::unique_ptr<Audit>> Audit::ToFile(const std::string& path,
                                                     size_t bytes,
                                                     size_t files) {
  absl::Status status = CheckPlace(path);
  if (!status.ok()) return status;
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        path, bytes, files, /*rotate_on_open=*/false, ForTheOwnerAlone());
    sink->set_pattern("%v");
    auto log = std::make_shared<spdlog::logger>("audit", std::move(sink));
    log->flush_on(spdlog::level::info);
    return std::unique_ptr<Audit>(new Audit(std::move(log)));
  } catch (const spdlog::spdlog_ex& error) {
    return CantWrite(path, error.what());
  }
}

void Audit::Write(const AuditRecord& record) {
  if (file_ != nullptr) return file_->info("{}", ToJson(record));
  log_->info("audit {}", ToJson(record));
}

}  // namespace thespian::gateway
