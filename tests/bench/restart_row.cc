#include <grpcpp/grpcpp.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "endpoint/check.h"
#include "tests/bench/attached_crowd.h"
#include "tests/bench/rows.h"
#include "tests/bench/sample.h"

namespace thespian::gateway::bench {
namespace {

pid_t ChildOf(Subject& subject) {
  grpc::ClientContext context;
  const v1::GetEndpointRequest request;
  v1::GetEndpointResponse response;
  Check(subject.stub().GetEndpoint(&context, request, &response).ok(),
        "the gateway tells of its endpoint");
  return static_cast<pid_t>(response.endpoint().pid());
}

// Milliseconds until the last client was told that the child has ended.
double TimeToTell(Subject& subject, AttachedCrowd& crowd) {
  const pid_t child = ChildOf(subject);
  const auto start = std::chrono::steady_clock::now();
  Check(kill(child, SIGKILL) == 0, "the child can be killed");
  crowd.AwaitAllToldOfEnd();
  const double took = Since<std::milli>(start);
  crowd.AwaitAllToldOfStart();
  return took;
}

}  // namespace

void MeasureRestart(Setting& setting, Report& report) {
  constexpr double kMostMs = 1'500;
  const bool quick = setting.effort().quick;
  // Debian's gRPC looks for each operation that ends among all that are still
  // to end, which are more than there are clients: attaching 100,000 takes
  // most of a minute, and each death some seconds.
  const int kills = quick ? 3 : 1;
  const size_t clients = quick ? 10'000 : 100'000;
  Subject subject = setting.NewGateway(
      {"--max-actors", std::to_string(clients + 1), "--max-streams",
       std::to_string(clients + 1), "--restart", "always"});
  AttachedCrowd crowd(subject, clients);
  std::vector<double> times;
  for (int i = 0; i < kills; ++i) times.push_back(TimeToTell(subject, crowd));
  Row row{.name = quick ? "restart_10k" : "restart_100k",
          .unit = "ms",
          .value = Median(times)};
  // A tenth of the clients is not a tenth of the time: no goal is known.
  if (!quick) row.goal = {.kind = Goal::Kind::kValueAtMost, .bound = kMostMs};
  report.Add(std::move(row));
}

}  // namespace thespian::gateway::bench
