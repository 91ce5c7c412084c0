// What was changed, by whom, and what was refused to whom: one line of JSON for
// each, in a file of its own or in the log.
//
//   {"time":"2026-11-28T21:00:00.123Z","event":"refused","principal":
//    "token:web","peer":"ipv4:192.0.2.1:4711","method":"Call","endpoint":
//    "default","outcome":"FORBIDDEN","rule":"nobody ends actors"}
//
// A record has no place for a payload or a token.
//
// Ownership: the sink.
// Threads:   safe from any thread. A line is written when Write returns.
// Errors:    FAILED_PRECONDITION if the file can't be opened. One that can't
//   be written any more is told on stderr, once a second at most.
// Memory:    one line.
#ifndef SERVER_ACCESS_AUDIT_H_
#define SERVER_ACCESS_AUDIT_H_

#include <spdlog/logger.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/access/method.h"

namespace thespian::gateway {

enum class AuditEvent {
  kChanged,          // an RPC that changes the gateway, or releases a proxy
  kNameRegistered,   // an actor's
  kRefused,          // by a rule, or for want of one
  kUnauthenticated,  // wrong credentials
  kLimited,          // a limit of the principal was reached
};

struct AuditRecord {
  absl::Time time;
  AuditEvent event = AuditEvent::kRefused;
  std::string_view principal;
  std::string_view peer;
  Method method = Method::kCall;
  std::string_view endpoint;  // empty: it had nothing to do with one
  std::string_view name;      // that was to be registered; empty: none
  std::string_view outcome;   // "OK", or the reason of the error
  std::string_view rule;      // the title; empty: none decided
  uint64_t held_back = 0;     // like it, since the last line
};

std::string ToJson(const AuditRecord& record);

class Audit {
 public:
  // Lines go into `log`, which outlives it.
  explicit Audit(spdlog::logger& log) : log_(&log) {}

  // Into a file that only its owner can read. Once it has `bytes`, it becomes
  // NAME.1.EXTENSION, and so on up to `files` of them.
  static absl::StatusOr<std::unique_ptr<Audit>> ToFile(const std::string& path,
                                                       size_t bytes,
                                                       size_t files);

  void Write(const AuditRecord& record);

 private:
  explicit Audit(std::shared_ptr<spdlog::logger> file)
      : file_(std::move(file)), log_(file_.get()) {}

  std::shared_ptr<spdlog::logger> file_;  // null: the log
  spdlog::logger* log_;
};

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_AUDIT_H_
