// A program as a test starts it: with arguments and an environment, its stdout
// and stderr read through pipes, its end awaited. And the gateway as such a
// program, which tells through a named pipe when it serves.
//
// Everything waits at most until a deadline that only a broken program reaches.
//
// Ownership: owns the process: it is killed and reaped in the destructor, if it
//   has not been waited for.
// Threads:   thread-compatible.
// Errors:    told by empty results, and by a failure of the test.
// Memory:    whatever the program writes.
#ifndef TESTS_INTEGRATION_GATEWAY_PROCESS_H_
#define TESTS_INTEGRATION_GATEWAY_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/process/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {

// "NAME=value", added to the test's own environment.
using Environment = std::vector<std::string>;

// How a program ended.
struct Ended {
  int code = -1;    // -1: by a signal
  int signal = 0;   // 0: by itself
  std::string out;  // all that it wrote
  std::string err;
};

class Program {
 public:
  explicit Program(const std::vector<std::string>& command,
                   const Environment& environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void Kill(int signal) const;

  // Reads until stdout, or stderr, holds `text`. False: it will not.
  bool AwaitOut(std::string_view text);
  bool AwaitErr(std::string_view text);
  // The rest of the first line of stderr that has `before`. Empty: there is
  // none.
  std::string AwaitRestOfErr(std::string_view before);
  // What was read of it so far.
  const std::string& err() const { return err_text_; }

  Ended Wait();

 private:
  friend class GatewayProcess;

  // Reads what it writes until `done`. False: it has ended before, or it takes
  // too long.
  bool ReadUntil(const std::function<bool()>& done);
  static bool ReadOrClose(UniqueFd& fd, std::string& text);

  pid_t pid_ = -1;
  bool reaped_ = false;
  UniqueFd pidfd_;
  UniqueFd out_;
  UniqueFd err_;
  std::string out_text_;
  std::string err_text_;
  UniqueFd port_file_;  // the gateway's alone
  std::string port_text_;
};

class GatewayProcess {
 public:
  // Starts the gateway on a port of the system's choice, unless `options` say
  // where, and returns when it serves or has ended. Without a child the file
  // has the endpoints.
  GatewayProcess(std::vector<std::string> options,
                 const std::vector<std::string>& child,
                 const Environment& environment = {});
  // Ends it as its users do, if it lets itself be ended.
  ~GatewayProcess();
  GatewayProcess(const GatewayProcess&) = delete;
  GatewayProcess& operator=(const GatewayProcess&) = delete;

  Program& program() { return *program_; }
  // Empty if it does not serve.
  const std::string& address() const { return address_; }
  // All of its port file, which it writes at once.
  const std::string& port_text() const { return program_->port_text_; }
  // The pid of its child, as it is told.
  pid_t ChildPid() const;

 private:
  const TempDir directory_;
  std::unique_ptr<Program> program_;
  std::string address_;
};

UniqueFd OpenPidfd(pid_t pid);
// Waits for the end of a process. False: it does not end.
bool AwaitEnd(const UniqueFd& pidfd);

}  // namespace thespian::gateway

#endif  // TESTS_INTEGRATION_GATEWAY_PROCESS_H_
