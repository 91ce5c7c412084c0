// What a line of the log is about, beside its words: for logs that have fields.
//
//   const LogScope scope({.endpoint = "default", .incarnation = {3}});
//   log.warn("endpoint default: ...");
//
// Ownership: borrows the endpoint's name while the scope lives.
// Threads:   a scope is its thread's own; lines are formatted by the thread
//   that logs.
// Errors:    none.
#ifndef ENDPOINT_LOG_FIELDS_H_
#define ENDPOINT_LOG_FIELDS_H_

#include <cstdint>
#include <string_view>

#include "endpoint/wire/ids.h"

namespace thespian::gateway {

// What is not known is empty or 0.
struct LogFields {
  std::string_view endpoint;
  Incarnation incarnation;
  int64_t pid = 0;
  std::string_view state;
};

class LogScope {
 public:
  explicit LogScope(const LogFields& fields) : fields_(fields) {
    current_ = &fields_;
  }
  ~LogScope() { current_ = outer_; }
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

  // Of the innermost scope of this thread; null: there is none.
  static const LogFields* Current() { return current_; }

 private:
  static inline thread_local const LogFields* current_ = nullptr;

  const LogFields fields_;
  const LogFields* const outer_ = current_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOG_FIELDS_H_
