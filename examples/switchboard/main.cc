// thespian-cpp-station NAME [NEXT...]: the station in C++; see README.md.
//
// Exit codes: 0 after the end of stdin, 1 when stdin broke the protocol or a
// descriptor failed, 64 for a bad command line.
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "endpoint/wire/status_text.h"
#include "examples/stdio/log.h"
#include "examples/stdio/stdio_loop.h"
#include "examples/switchboard/station.h"

int main(int argc, char** argv) {
  using namespace thespian::gateway;  // NOLINT(google-build-using-namespace)
  if (argc < 2) {
    stdio::Log("usage: thespian-cpp-station NAME [NEXT...]");
    return 64;
  }
  // A gateway that has gone is an error of write.
  std::signal(SIGPIPE, SIG_IGN);
  stdio::Outbox outbox(64u << 20);
  switchboard::Station station(argv[1], {argv + 2, argv + argc}, outbox);
  stdio::StdioLoop loop({STDIN_FILENO, STDOUT_FILENO},
                        std::chrono::steady_clock::now, station, outbox);
  const absl::Status status = loop.Run();
  if (status.ok()) return 0;
  stdio::Log(MessageOf(status));
  return 1;
}
