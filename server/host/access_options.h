// The options that say who may do what, and the files that they name.
//
// Ownership: values; the options write to the settings, which outlive the App.
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION: "FILE:LINE:COLUMN: what is wrong".
// Memory:    the files.
#ifndef SERVER_HOST_ACCESS_OPTIONS_H_
#define SERVER_HOST_ACCESS_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/access/access_control.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

struct AccessSettings {
  // Empty: there is none.
  std::string rules;
  std::string tokens;
  std::string jwt_keys;
  std::string jwt_issuer;
  std::string jwt_audience;
  std::string audit_file;
  uint64_t audit_bytes = 100u << 20;  // after which a file is put aside

  // Whether anybody is asked who they are, or what they may.
  bool asks() const {
    return !rules.empty() || !tokens.empty() || !jwt_keys.empty();
  }
};

void AddAccessOptions(CLI::App& app, AccessSettings& settings);

// All that the files say, but no audit: that is opened once.
absl::StatusOr<AccessTerms> ReadAccess(const AccessSettings& settings);

// To the file, or to `log` if there is none but somebody is asked; else null.
// `log` outlives it.
absl::StatusOr<std::shared_ptr<Audit>> OpenAudit(const AccessSettings& settings,
                                                 spdlog::logger& log);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_ACCESS_OPTIONS_H_
