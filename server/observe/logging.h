// The log: lines to stderr, for people or as one JSON object each. Whatever a
// message holds, it stays one line and can't be taken for another one; JSON
// lines carry the LogFields of their scope.
//
// Ownership: the caller owns the logger.
// Threads:   the logger is safe from any thread.
// Errors:    none.
#ifndef SERVER_OBSERVE_LOGGING_H_
#define SERVER_OBSERVE_LOGGING_H_

#include <memory>
#include <string>

#include "spdlog/formatter.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

enum class LogFormat { kText, kJson };

struct LogOptions {
  std::string level = "info";
  LogFormat format = LogFormat::kText;
};

std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format);

std::shared_ptr<spdlog::logger> MakeLogger(const LogOptions& options);

}  // namespace thespian::gateway

#endif  // SERVER_OBSERVE_LOGGING_H_
