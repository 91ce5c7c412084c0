#include "tests/bench/watcher_crowd.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <mutex>

#include "endpoint/check.h"

namespace thespian::gateway::bench {
namespace {

constexpr char kMethod[] = "/thespian.gateway.v1.GatewayService/WatchProxies";

grpc::ByteBuffer Request() {
  v1::WatchProxiesRequest request;
  request.set_skip_snapshot(true);
  request.add_kinds(v1::PROXY_EVENT_KIND_MESSAGE_SENT);
  request.add_kinds(v1::PROXY_EVENT_KIND_MESSAGE_RECEIVED);
  const grpc::Slice slice(request.SerializeAsString());
  return {&slice, 1};
}

}  // namespace

class WatcherCrowd::Member final
    : grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Member(const Subject& subject)
      : stub_(subject.NewChannel()), request_(Request()) {
    stub_.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
    StartWriteLast(&request_, {});
    StartRead(&response_);
    StartCall();
  }

  ~Member() override {
    context_.TryCancel();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }

  void AwaitOpen() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ || done_; });
    Check(open_ && !done_, "a watch opens");
  }

  void AwaitResponse() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return had_some_ || done_; });
    Check(!done_, "a watch stays open");
    had_some_ = false;
  }

 private:
  void OnReadInitialMetadataDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    open_ = ok;
    changed_.notify_all();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    {
      const std::lock_guard lock(mutex_);
      had_some_ = true;
      changed_.notify_all();
    }
    response_.Clear();
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& /*status*/) override {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  const grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool had_some_ = false;
  bool done_ = false;
};

WatcherCrowd::WatcherCrowd(const Subject& subject, size_t watchers) {
  for (size_t i = 0; i < watchers; ++i) {
    members_.push_back(std::make_unique<Member>(subject));
  }
  for (const auto& member : members_) member->AwaitOpen();
}

WatcherCrowd::~WatcherCrowd() = default;

void WatcherCrowd::AwaitAll() {
  for (const auto& member : members_) member->AwaitResponse();
}

}  // namespace thespian::gateway::bench
