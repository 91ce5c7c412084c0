// What several endpoints cost, in one gateway and to each other.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <ratio>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "endpoint/check.h"
#include "tests/bench/carrier.h"
#include "tests/bench/echo_load.h"
#include "tests/bench/pair_row.h"
#include "tests/bench/pipe_echo.h"
#include "tests/bench/rows.h"
#include "tests/bench/sample.h"

namespace thespian::gateway::bench {
namespace {

using std::chrono::milliseconds;

std::string DemoTable(const std::string& name, std::string_view lines = "") {
  return "[endpoint." + name + "]\ncommand = [\"" TG_DEMO_CHILD "\"]\n" +
         std::string(lines);
}

// --- Beside each other -----------------------------------------------------

// Microseconds of the gateway's CPU for a message, with a client on each.
double CpuOfEach(const Subject& subject,
                 const std::vector<std::string>& endpoints,
                 std::chrono::nanoseconds duration) {
  std::vector<EchoLoad> loads;
  for (const std::string& endpoint : endpoints) {
    loads.push_back({.endpoint = endpoint, .batch = kBatch, .window = kWindow});
  }
  return Echo(subject, loads, duration).cpu_micros;
}

// --- To each other ---------------------------------------------------------

// So many messages of 64 bytes go round between actor 7 of `front` and the echo
// of `back` as soon as the child is told to go.
constexpr int kGoRound = 256;

std::string FrontTable(const std::string& to, std::string_view lines) {
  const std::string send =
      ", \"send-named:" + to + ":" + std::string(62, 'x') + "\"";
  std::string command = "\"" TG_SCRIPTED_CHILD "\", \"frames:1\", \"from:7\"";
  for (int i = 0; i < kGoRound; ++i) command += send;
  return "[endpoint.front]\ncommand = [" + command + ", \"echo\"]\n" +
         std::string(lines);
}

void Go(Subject& subject) {
  grpc::ClientContext context;
  v1::SendNamedRequest request;
  request.set_endpoint("front");
  request.set_to_name("any");
  request.mutable_payload()->set_cbor("\x01");
  v1::SendNamedResponse response;
  Check(subject.stub().SendNamed(&context, request, &response).ok(),
        "the child is told to go");
}

uint64_t Relayed(Subject& subject) {
  grpc::ClientContext context;
  v1::ListEndpointsResponse response;
  Check(subject.stub().ListEndpoints(&context, {}, &response).ok(),
        "the gateway tells of its endpoints");
  uint64_t sum = 0;
  for (const v1::Endpoint& endpoint : response.endpoints()) {
    for (const v1::RelayLane& lane : endpoint.relays()) {
      sum += lane.messages_out();
    }
  }
  return sum;
}

// Microseconds of the gateway's CPU for each that `count` counts.
double CpuOfOne(Subject& subject, absl::FunctionRef<uint64_t()> count,
                std::chrono::nanoseconds duration) {
  constexpr int kWarmUpShare = 5;
  constexpr double kMicroseconds = 1e6;
  Go(subject);
  std::this_thread::sleep_for(duration / kWarmUpShare);  // NOLINT(house)
  const uint64_t before = count();
  const double cpu = subject.CpuSeconds();
  std::this_thread::sleep_for(duration);  // NOLINT(house)
  const double used = subject.CpuSeconds() - cpu;
  const uint64_t done = count() - before;
  Check(done > 0, "messages go round");
  return kMicroseconds * used / static_cast<double>(done);
}

double CpuOfRelayed(Setting& setting) {
  Subject subject = setting.NewGatewayOf(
      DemoTable("back") + FrontTable("echo", "routes = { echo = \"back\" }\n"));
  return CpuOfOne(
      subject, [&] { return Relayed(subject); }, setting.effort().round);
}

double CpuOfCarried(Setting& setting) {
  Subject subject =
      setting.NewGatewayOf(DemoTable("back") + FrontTable("carrier", ""));
  const auto stub = subject.NewStub();
  const Carrier carrier(*stub, "carrier", "front", "back");
  return CpuOfOne(
      subject, [&] { return carrier.carried(); }, setting.effort().round);
}

// --- On demand -------------------------------------------------------------

void AwaitIdle(Subject& subject) {
  for (;;) {
    grpc::ClientContext context;
    v1::GetEndpointResponse response;
    Check(subject.stub().GetEndpoint(&context, {}, &response).ok(),
          "the gateway tells of its endpoint");
    if (response.endpoint().state() == v1::ENDPOINT_STATE_IDLE) return;
    std::this_thread::sleep_for(milliseconds(1));  // NOLINT(house)
  }
}

// Milliseconds from a call to its answer, of a child that has to be started.
double OnDemandTime(Subject& subject) {
  AwaitIdle(subject);
  grpc::ClientContext context;
  v1::CallRequest request;
  request.set_to_name("echo");
  request.mutable_payload()->set_cbor("\x01");
  v1::CallResponse response;
  const auto start = std::chrono::steady_clock::now();
  Check(subject.stub().Call(&context, request, &response).ok(),
        "the call is answered");
  return Since<std::milli>(start);
}

// From the start of a child to its first answer.
double BareStartTime() {
  const auto start = std::chrono::steady_clock::now();
  PipeEcho().Times(1);
  return Since<std::milli>(start);
}

}  // namespace

void MeasureTwoEndpoints(Setting& setting, Report& report) {
  constexpr double kMost = 1.05;
  const Subject two = setting.NewGatewayOf(DemoTable("one") + DemoTable("two"));
  const Subject one = setting.NewGatewayOf(DemoTable("one"));
  report.Add(
      RowOf("two_endpoints", "us CPU",
            InTurns(
                setting.effort().rounds,
                [&] {
                  return CpuOfEach(two, {"one", "two"}, setting.effort().round);
                },
                [&] {
                  return CpuOfEach(one, {"one", "one"}, setting.effort().round);
                }),
            AtMost(kMost)));
}

void MeasureRelayed(Setting& setting, Report& report) {
  constexpr double kMost = 0.5;
  report.Add(
      RowOf("relayed", "us CPU",
            InTurns(
                setting.effort().rounds, [&] { return CpuOfRelayed(setting); },
                [&] { return CpuOfCarried(setting); }),
            AtMost(kMost)));
}

void MeasureOnDemandStart(Setting& setting, Report& report) {
  constexpr double kMostMs = 20;
  Subject subject = setting.NewGatewayOf(
      DemoTable("lazy", "start = \"on-demand\"\nidle-stop = \"20ms\"\n"));
  const Pair pair = InTurns(
      3 * setting.effort().rounds, [&] { return OnDemandTime(subject); },
      BareStartTime);
  report.Add({.name = "on_demand_start",
              .unit = "ms",
              .value = pair.value,
              .yardstick = pair.yardstick,
              .goal = {.kind = Goal::Kind::kExcessAtMost, .bound = kMostMs}});
}

}  // namespace thespian::gateway::bench
