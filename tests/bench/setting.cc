#include "tests/bench/setting.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "tests/support/own_channel.h"
#include "tests/support/process_view.h"

namespace thespian::gateway::bench {
namespace {

std::vector<std::string> GatewayCommand(
    const std::vector<std::string>& options) {
  std::vector<std::string> command = {TG_GATEWAY, "--listen", "127.0.0.1:0",
                                      "--log-level", "warn"};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {"--", TG_DEMO_CHILD});
  return command;
}

}  // namespace

Subject::Subject(const std::vector<std::string>& command,
                 const std::string& log, size_t program_words,
                 Credentials credentials)
    : credentials_(std::move(credentials)) {
  absl::StatusOr<std::unique_ptr<ServedProgram>> program =
      ServedProgram::Start(command, log, program_words);
  if (!program.ok()) {
    fmt::print(stderr, "bench: {}: {}; see {}\n", command.front(),
               MessageOf(program.status()), log);
    std::exit(70);
  }
  program_ = *std::move(program);
  stub_ = NewStub();
}

std::unique_ptr<Stub> Subject::NewStub(const Credentials& credentials) const {
  return v1::GatewayService::NewStub(NewChannel(credentials));
}

std::shared_ptr<grpc::Channel> Subject::NewChannel(
    const Credentials& credentials) const {
  return OwnChannel(program_->address(), credentials);
}

double Subject::CpuSeconds() const { return ViewProcess(pid()).cpu_seconds; }

double Subject::RssBytes() const {
  constexpr double kKibibyte = 1'024;
  return kKibibyte * static_cast<double>(ViewProcess(pid()).rss_kib);
}

Effort QuickEffort() {
  return {.quick = true,
          .rounds = 3,
          .round = std::chrono::milliseconds(300),
          .latencies = 500};
}

Setting::Setting(Effort effort, std::string log_directory)
    : effort_(effort),
      logs_(std::move(log_directory)),
      gateway_(NewGateway()),
      bare_(NewBare()),
      relay_(NewRelay()) {}

Subject Setting::NewGateway(const std::vector<std::string>& options,
                            Credentials credentials) const {
  return {GatewayCommand(options), LogOf("gateway"), 1, std::move(credentials)};
}

Subject Setting::NewGatewayOf(const std::string& file) const {
  const std::string path = LogOf("gateway.toml");
  std::ofstream(path) << file;
  return {{TG_GATEWAY, "--listen", "127.0.0.1:0", "--log-level", "warn",
           "--config", path},
          LogOf("gateway")};
}

Subject Setting::NewBare(std::vector<std::string> options,
                         Credentials credentials) const {
  options.insert(options.begin(), TG_BARE_SERVER);
  return {options, LogOf("bare"), 1, std::move(credentials)};
}

Subject Setting::NewRelay(std::vector<std::string> options,
                          Credentials credentials) const {
  options.insert(options.begin(), TG_BARE_SERVER);
  options.emplace_back(TG_DEMO_CHILD);
  return {options, LogOf("relay"), 1, std::move(credentials)};
}

std::string Setting::LogOf(const std::string& program) const {
  return logs_ + "/bench." + program;
}

}  // namespace thespian::gateway::bench
