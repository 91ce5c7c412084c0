#include "tests/support/raw_call.h"

#include <grpcpp/generic/generic_stub.h>

#include <optional>

#include "endpoint/check.h"
#include "tests/support/awaited.h"
#include "thespian/gateway/v1/admin.pb.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {
namespace {

class Exchange
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Exchange(grpc::ClientContext& context, grpc::ByteBuffer request, bool endless)
      : context_(context), request_(request), endless_(endless) {}

  // Once it belongs to a call.
  grpc::Status Run() {
    StartWriteLast(&request_, {});
    StartRead(&response_);
    StartCall();
    Check(end_.Await([](const auto& end) { return end.has_value(); }),
          "a call ends");
    return *end_.Get();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (endless_) context_.TryCancel();
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    end_.Update([&](auto& end) { end = status; });
  }

 private:
  grpc::ClientContext& context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  const bool endless_;
  Awaited<std::optional<grpc::Status>> end_;
};

}  // namespace

std::vector<const MethodDescriptor*> ApiMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const google::protobuf::FileDescriptor* file :
       {v1::SendRequest::descriptor()->file(),
        v1::StopEndpointRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->method(j));
      }
    }
  }
  return methods;
}

grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                     const MethodDescriptor& method, std::string_view request,
                     std::chrono::milliseconds time,
                     const std::map<std::string, std::string>& metadata) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       (method.server_streaming()
                            ? time
                            : std::chrono::milliseconds(kPatience)));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  const grpc::Slice slice(request.data(), request.size());
  Exchange exchange(context, grpc::ByteBuffer(&slice, 1),
                    method.server_streaming());
  stub.PrepareBidiStreamingCall(
      &context, "/" + method.service()->full_name() + "/" + method.name(), {},
      &exchange);
  return exchange.Run();
}

}  // namespace thespian::gateway
