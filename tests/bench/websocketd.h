// websocketd with a `cat` for each connection: lines come back as they were.
//
// Ownership: owns the process, which is ended in the destructor.
// Threads:   thread-compatible.
// Errors:    what can't be started ends the program, with the reason.
#ifndef TESTS_BENCH_WEBSOCKETD_H_
#define TESTS_BENCH_WEBSOCKETD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/served_program.h"

namespace thespian::gateway::bench {

class Websocketd {
 public:
  // Returns when it serves. What it logs goes to the file `log`.
  explicit Websocketd(const std::string& log);

  // Of 127.0.0.1.
  uint16_t port() const { return port_; }

 private:
  uint16_t port_ = 0;
  std::unique_ptr<ServedProgram> program_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_WEBSOCKETD_H_
