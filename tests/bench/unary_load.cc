#include "tests/bench/unary_load.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "endpoint/check.h"
#include "tests/bench/echo_stream.h"
#include "tests/bench/sample.h"

namespace thespian::gateway::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPayloadBytes = 64;

v1::SendNamedRequest SendRequest() {
  v1::SendNamedRequest request;
  request.set_to_name("counter");
  request.mutable_payload()->set_cbor(PayloadOf(kPayloadBytes));
  return request;
}

// Some calls in flight: where one ends the next begins.
class Flight {
 public:
  Flight(v1::GatewayService::Stub& stub, int in_flight) : stub_(stub) {
    going_ = in_flight;
    for (int i = 0; i < in_flight; ++i) Start();
  }

  uint64_t answered() const { return answered_; }

  void End() {
    ending_ = true;
    std::unique_lock lock(mutex_);
    landed_.wait(lock, [this] { return going_ == 0; });
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::SendNamedResponse response;
  };

  void Start() {
    auto call = std::make_shared<Call>();
    stub_.async()->SendNamed(&call->context, &request_, &call->response,
                             [this, call](const grpc::Status& status) {
                               Check(status.ok(), "a SendNamed succeeds");
                               ++answered_;
                               if (ending_) return Land();
                               Start();
                             });
  }

  void Land() {
    const std::lock_guard lock(mutex_);
    if (--going_ == 0) landed_.notify_all();
  }

  v1::GatewayService::Stub& stub_;
  const v1::SendNamedRequest request_ = SendRequest();
  std::atomic<uint64_t> answered_ = 0;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::condition_variable landed_;
  int going_ = 0;
};

template <typename Call>
std::vector<double> Times(int count, std::chrono::nanoseconds pause,
                          Call call) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(pause);  // NOLINT(house)
    grpc::ClientContext context;
    const Clock::time_point start = Clock::now();
    Check(call(context).ok(), "a call succeeds");
    times.push_back(Since<std::micro>(start));
  }
  return times;
}

}  // namespace

double UnaryRate(v1::GatewayService::Stub& stub, int in_flight,
                 std::chrono::nanoseconds duration) {
  Flight flight(stub, in_flight);
  const Clock::time_point start = Clock::now();
  std::this_thread::sleep_for(duration);  // NOLINT(house)
  const auto answered = static_cast<double>(flight.answered());
  const std::chrono::duration<double> took = Clock::now() - start;
  flight.End();
  return answered / took.count();
}

std::vector<double> UnaryTimes(v1::GatewayService::Stub& stub, int count,
                               std::chrono::nanoseconds pause) {
  const v1::SendNamedRequest request = SendRequest();
  v1::SendNamedResponse response;
  return Times(count, pause, [&](grpc::ClientContext& context) {
    return stub.SendNamed(&context, request, &response);
  });
}

std::vector<double> CallTimes(v1::GatewayService::Stub& stub, int count,
                              std::chrono::nanoseconds pause) {
  v1::CallRequest request;
  request.set_to_name("echo");
  request.mutable_payload()->set_cbor(PayloadOf(kPayloadBytes));
  v1::CallResponse response;
  return Times(count, pause, [&](grpc::ClientContext& context) {
    return stub.Call(&context, request, &response);
  });
}

}  // namespace thespian::gateway::bench
