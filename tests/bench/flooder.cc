#include "tests/bench/flooder.h"

#include <string>
#include <utility>

#include "tests/bench/echo_stream.h"

namespace thespian::gateway::bench {
namespace {

constexpr int kInFlight = 16;  // of each kind of unary call
constexpr int kCommands = 32;  // of a request
constexpr size_t kPayloadBytes = 64;

template <typename Request>
Request RequestTo(const std::string& name) {
  Request request;
  request.set_to_name(name);
  request.mutable_payload()->set_cbor(PayloadOf(kPayloadBytes));
  return request;
}

}  // namespace

Flooder::Flooder(std::unique_ptr<Stub> sends, std::unique_ptr<Stub> calls,
                 std::unique_ptr<Stub> streams)
    : sends_(std::move(sends)),
      calls_(std::move(calls)),
      streams_(std::move(streams)) {
  for (int i = 0; i < kInFlight; ++i) {
    threads_.emplace_back([this] { Send(*sends_); });
    threads_.emplace_back([this] { Call(*calls_); });
  }
  threads_.emplace_back([this] { Attach(*streams_); });
}

Flooder::~Flooder() {
  ending_ = true;
  ending_.notify_all();
}

void Flooder::Note(const grpc::Status& status) {
  if (!status.ok()) ++refused_;
}

void Flooder::Send(Stub& stub) {
  const auto request = RequestTo<v1::SendNamedRequest>("counter");
  while (!ending_) {
    grpc::ClientContext context;
    v1::SendNamedResponse response;
    Note(stub.SendNamed(&context, request, &response));
  }
}

void Flooder::Call(Stub& stub) {
  const auto request = RequestTo<v1::CallRequest>("echo");
  while (!ending_) {
    grpc::ClientContext context;
    v1::CallResponse response;
    Note(stub.Call(&context, request, &response));
  }
}

// What comes back is read by a thread of its own, so that it never waits.
void Flooder::Attach(Stub& stub) {
  grpc::ClientContext context;
  const auto stream = stub.Attach(&context);
  v1::AttachRequest request;
  request.add_commands()->mutable_open();
  stream->Write(request);
  const std::jthread reader([&stream] {
    v1::AttachResponse response;
    while (stream->Read(&response)) {
    }
  });
  request.Clear();
  for (int i = 0; i < kCommands; ++i) {
    auto& send = *request.add_commands()->mutable_send_named();
    send.set_to_name("echo");
    send.mutable_payload()->set_cbor(PayloadOf(kPayloadBytes));
  }
  const std::jthread ender([this, &context] {
    ending_.wait(false);
    context.TryCancel();
  });
  while (!ending_ && stream->Write(request)) {
  }
}

}  // namespace thespian::gateway::bench
