// thespianctl: the gateway from the command line.
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "clients/cli/commands.h"
#include "clients/cli/exit_code.h"
#include "clients/cli/options.h"
#include "clients/cli/streams.h"
#include "endpoint/process/exec_trampoline.h"
#include "fmt/format.h"

namespace {

using thespian::gateway::cli::Attempt;
using thespian::gateway::cli::Command;
using thespian::gateway::cli::ExitCodeOf;
using thespian::gateway::cli::Explain;
using thespian::gateway::cli::kExitIo;
using thespian::gateway::cli::kExitOk;
using thespian::gateway::cli::Options;
using thespian::gateway::cli::ParsedLine;
using thespian::gateway::cli::ParseLine;
using thespian::gateway::cli::PrintLine;
using thespian::gateway::cli::RunCommand;

Attempt AttemptOf(const Options& options) {
  return {.address = options.address,
          .called_name = options.command == Command::kCall
                             ? std::string_view(options.to_name)
                             : std::string_view(),
          .tls = options.tls.has_value()};
}

int Run(const Options& options) {
  const absl::Status status =
      RunCommand(options, {.input = STDIN_FILENO,
                           .output = stdout,
                           .notes = stderr,
                           .terminal = isatty(STDIN_FILENO) == 1});
  if (!status.ok()) {
    PrintLine(stderr, fmt::format("thespianctl: {}",
                                  Explain(status, AttemptOf(options))));
    return ExitCodeOf(status);
  }
  if (std::ferror(stdout) == 0) return kExitOk;
  PrintLine(stderr, "thespianctl: the output could not be written");
  return kExitIo;
}

}  // namespace

int main(int argc, char** argv) {
  // check-child starts its children through this program.
  if (const auto code = thespian::gateway::RunTrampolineIfAsked(argc, argv)) {
    return *code;
  }
  const ParsedLine line = ParseLine(argc, argv);
  if (line.options.has_value()) return Run(*line.options);
  std::fputs(line.text.c_str(), line.exit_code == kExitOk ? stdout : stderr);
  return line.exit_code;
}
