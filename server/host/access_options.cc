#include "server/host/access_options.h"

#include <utility>

#include "absl/status/status.h"
#include "server/access/rules_file.h"
#include "server/host/option_kinds.h"

namespace thespian::gateway {
namespace {

// How many files of the audit are kept beside the one that is written.
constexpr size_t kAuditFiles = 5;

absl::Status ReadRulesInto(const std::string& path, AccessTerms& terms) {
  absl::StatusOr<RulesFile> file = ReadRules(path);
  if (!file.ok()) return file.status();
  terms.rules = std::move(file->rules);
  terms.limits = std::move(file->limits);
  return absl::OkStatus();
}

absl::Status ReadTokensInto(const std::string& path, AccessTerms& terms) {
  auto tokens = Tokens::Read(path);
  if (!tokens.ok()) return tokens.status();
  terms.tokens = *std::move(tokens);
  return absl::OkStatus();
}

absl::Status ReadKeysInto(const AccessSettings& settings, AccessTerms& terms) {
  if (settings.jwt_issuer.empty() || settings.jwt_audience.empty()) {
    return absl::FailedPreconditionError(
        "--jwt-keys needs --jwt-issuer and --jwt-audience: a token that is "
        "not for this gateway must not be taken");
  }
  auto keys = JwtKeys::Read(
      settings.jwt_keys,
      {.issuer = settings.jwt_issuer, .audience = settings.jwt_audience});
  if (!keys.ok()) return keys.status();
  terms.jwt = *std::move(keys);
  return absl::OkStatus();
}

}  // namespace

void AddAccessOptions(CLI::App& app, AccessSettings& settings) {
  AddOption(app, "--rules", settings.rules,
            "Who may do what: a file of rules (TOML). Without it everyone may "
            "do everything, but see payloads, stderr and command lines, and "
            "release proxies, only where AdminService is served.")
      ->option_text("PATH");
  AddOption(app, "--tokens", settings.tokens,
            "Take the bearer tokens of this file (TOML); 'thespian-gateway "
            "token' makes them.")
      ->option_text("PATH");
  AddOption(app, "--jwt-keys", settings.jwt_keys,
            "Take JSON web tokens that are signed by a key of this file, a "
            "JSON web key set.")
      ->option_text("PATH");
  AddOption(app, "--jwt-issuer", settings.jwt_issuer,
            "Of whom JSON web tokens must be: their 'iss'.")
      ->option_text("TEXT");
  AddOption(app, "--jwt-audience", settings.jwt_audience,
            "For whom JSON web tokens must be: one of their 'aud'.")
      ->option_text("TEXT");
  AddOption(app, "--audit-file", settings.audit_file,
            "Write what was changed, by whom, and what was refused, to this "
            "file, a JSON object a line. By default it is in the log, if there "
            "are rules or tokens.")
      ->option_text("PATH");
  AddBytes(app, "--audit-bytes", settings.audit_bytes, 4u << 10,
           uint64_t{1} << 40,
           "The size at which the audit's file is put aside, as NAME.1; five "
           "of them are kept.");
}

absl::StatusOr<AccessTerms> ReadAccess(const AccessSettings& settings) {
  AccessTerms terms;
  absl::Status status;
  if (!settings.rules.empty()) status = ReadRulesInto(settings.rules, terms);
  if (status.ok() && !settings.tokens.empty()) {
    status = ReadTokensInto(settings.tokens, terms);
  }
  if (status.ok() && !settings.jwt_keys.empty()) {
    status = ReadKeysInto(settings, terms);
  }
  if (!status.ok()) return status;
  return terms;
}

absl::StatusOr<std::shared_ptr<Audit>> OpenAudit(const AccessSettings& settings,
                                                 spdlog::logger& log) {
  if (settings.audit_file.empty()) {
    return settings.asks() ? std::make_shared<Audit>(log) : nullptr;
  }
  auto audit =
      Audit::ToFile(settings.audit_file, settings.audit_bytes, kAuditFiles);
  if (!audit.ok()) return audit.status();
  return std::shared_ptr<Audit>(*std::move(audit));
}

}  // namespace thespian::gateway
