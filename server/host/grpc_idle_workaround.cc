#include "server/host/grpc_idle_workaround.h"

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "grpc/health/v1/health.grpc.pb.h"

namespace thespian::gateway {

namespace health = grpc::health::v1;

class GrpcIdleWorkaround::Calls {
 public:
  explicit Calls(grpc::Server& server)
      : stub_(health::Health::NewStub(server.InProcessChannel({}))) {}

  ~Calls() {
    std::unique_lock lock(mutex_);
    if (under_way_) context_->TryCancel();
    ended_.wait(lock, [this] { return !under_way_; });
  }

  void Begin() {
    {
      const std::lock_guard lock(mutex_);
      if (under_way_) return;
      under_way_ = true;
    }
    context_.emplace();
    stub_->async()->Check(&*context_, &request_, &response_,
                          [this](const grpc::Status& /*status*/) { End(); });
  }

 private:
  void End() {
    const std::lock_guard lock(mutex_);
    under_way_ = false;
    ended_.notify_all();
  }

  const std::unique_ptr<health::Health::Stub> stub_;
  const health::HealthCheckRequest request_;
  health::HealthCheckResponse response_;
  std::optional<grpc::ClientContext> context_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool under_way_ = false;
};

GrpcIdleWorkaround::GrpcIdleWorkaround(grpc::Server& server)
    : calls_(std::make_unique<Calls>(server)) {}

GrpcIdleWorkaround::~GrpcIdleWorkaround() = default;

void GrpcIdleWorkaround::Wake() { calls_->Begin(); }

}  // namespace thespian::gateway
