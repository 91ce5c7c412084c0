// What is no request, sent to every method of both services: a method that is
// added is tried, too.
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/awaited.h"
#include "thespian/gateway/v1/admin.pb.h"

namespace thespian::gateway {
namespace {

std::vector<const google::protobuf::MethodDescriptor*> Methods() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
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

class UnreadableRequestTest : public GatewayTest {
 protected:
  // Sends these bytes as a request, however many the method takes.
  grpc::Status Try(const google::protobuf::MethodDescriptor& method,
                   const std::string& bytes) {
    grpc::GenericStub generic(live_->channel());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    const grpc::Slice slice(bytes);
    Exchange exchange(grpc::ByteBuffer(&slice, 1));
    generic.PrepareBidiStreamingCall(
        &context, "/" + method.service()->full_name() + "/" + method.name(), {},
        &exchange);
    exchange.Begin();
    return exchange.AwaitEnd();
  }

 private:
  class Exchange
      : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Exchange(grpc::ByteBuffer request) : request_(request) {}

    // Once it belongs to a call.
    void Begin() {
      StartWriteLast(&request_, {});
      StartRead(&response_);
      StartCall();
    }
    void OnReadDone(bool ok) override {
      if (ok) StartRead(&response_);
    }
    void OnDone(const grpc::Status& status) override {
      end_.Update([&](auto& end) { end = status; });
    }
    grpc::Status AwaitEnd() {
      EXPECT_TRUE(end_.Await([](const auto& end) { return end.has_value(); }));
      return end_.Get().value_or(grpc::Status());
    }

   private:
    grpc::ByteBuffer request_;
    grpc::ByteBuffer response_;
    Awaited<std::optional<grpc::Status>> end_;
  };
};

TEST_F(UnreadableRequestTest, IsRefusedByEveryMethodWithAReason) {
  RunDemo();
  const auto methods = Methods();
  ASSERT_GE(methods.size(), 15u);
  for (const auto* method : methods) {
    SCOPED_TRACE(method->full_name());
    // A length without what it announces.
    EXPECT_THAT(Try(*method, "\x0a\x05x"),
                FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
  }
}

}  // namespace
}  // namespace thespian::gateway
