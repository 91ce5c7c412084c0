#include "clients/cpp/listener.h"

#include <utility>

#include "absl/synchronization/notification.h"
#include "clients/cpp/error.h"
#include "clients/cpp/event_dispatch.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"

namespace thespian::gateway::client {

// Reads until the end. The Listener deletes it, never OnDone: see ActorStream.
class ListenerStream final
    : public grpc::ClientReadReactor<v1::ListenResponse> {
 public:
  ListenerStream(const ListenOptions& options, ActorHandler& handler)
      : handler_(handler) {
    request_.mutable_open()->set_name(options.name);
    request_.mutable_open()->set_encoding(v1::PAYLOAD_ENCODING_CBOR);
  }

  void Start(v1::GatewayService::Stub& stub) {
    stub.async()->Listen(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  const absl::Status& Wait() {
    done_.WaitForNotification();
    return final_status_;
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;  // OnDone follows
    DispatchAll(response_, handler_);
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    final_status_ = FromGrpc(status);
    handler_.OnDone(final_status_);
    done_.Notify();
  }

 private:
  ActorHandler& handler_;
  grpc::ClientContext context_;
  v1::ListenRequest request_;
  v1::ListenResponse response_;
  absl::Notification done_;
  absl::Status final_status_;  // written before done_
};

Listener::Listener(std::shared_ptr<v1::GatewayService::Stub> stub,
                   const ListenOptions& options, ActorHandler& handler)
    : stub_(std::move(stub)),
      stream_(std::make_unique<ListenerStream>(options, handler)) {
  stream_->Start(*stub_);
}

Listener::~Listener() {
  stream_->Cancel();
  stream_->Wait().IgnoreError();
}

void Listener::Cancel() { stream_->Cancel(); }

absl::Status Listener::Wait() { return stream_->Wait(); }

}  // namespace thespian::gateway::client
