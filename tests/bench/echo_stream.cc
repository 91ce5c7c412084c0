#include "tests/bench/echo_stream.h"

#include "endpoint/check.h"
#include "tests/bench/sample.h"

namespace thespian::gateway::bench {

std::string PayloadOf(size_t bytes) {
  constexpr size_t kHeadBytes = 5;
  Check(bytes > kHeadBytes, "there is room for a head");
  const size_t content = bytes - kHeadBytes;
  std::string item = {'\x5a', static_cast<char>(content >> 24),
                      static_cast<char>(content >> 16),
                      static_cast<char>(content >> 8),
                      static_cast<char>(content)};
  item.append(content, 'x');
  return item;
}

EchoStream::EchoStream(v1::GatewayService::Stub& stub, const EchoLoad& load)
    : load_(load) {
  open_.add_commands()->mutable_open();
  for (size_t i = 0; i < load.batch; ++i) {
    auto& send = *batch_.add_commands()->mutable_send_named();
    send.set_endpoint(load.endpoint);
    send.set_to_name(load.actor);
    send.mutable_payload()->set_cbor(PayloadOf(load.payload_bytes));
  }
  stub.async()->Attach(&context_, this);
  writing_ = true;
  StartWrite(&open_);
  StartRead(&response_);
  StartCall();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (open_done_ && !writing_) || done_; });
  Check(!done_, "a stream opens");
}

EchoStream::~EchoStream() {
  context_.TryCancel();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_; });
}

void EchoStream::Begin() {
  const std::lock_guard lock(mutex_);
  going_ = true;
  WriteMoreLocked();
}

void EchoStream::Stop() {
  const std::lock_guard lock(mutex_);
  if (load_.most == UINT64_MAX) going_ = false;
}

void EchoStream::Rest() {
  Stop();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    const bool ended = !going_ || sent_ >= load_.most;
    return (ended && IsAtRestLocked()) || done_;
  });
  Check(!done_, "a stream stays open");
  going_ = false;
}

void EchoStream::WriteMoreLocked() {
  if (!going_ || writing_ || sent_ >= load_.most) return;
  if (on_way_ + load_.batch > load_.window) return;
  writing_ = true;
  on_way_ += load_.batch;
  sent_ += load_.batch;
  if (load_.timed) written_at_ = Clock::now();
  StartWrite(&batch_);
}

void EchoStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  if (ok) WriteMoreLocked();
  if (!writing_) changed_.notify_all();
}

void EchoStream::OnReadDone(bool ok) {
  if (!ok) return;
  size_t echoes = 0;
  bool opened = false;
  for (const v1::ActorEvent& event : response_.events()) {
    if (event.has_delivery()) ++echoes;
    if (event.has_opened()) opened = true;
    Check(!event.has_command_result(), "no command fails");
  }
  echoes_ += echoes;
  {
    const std::lock_guard lock(mutex_);
    if (opened) open_done_ = true;
    if (load_.timed && echoes > 0) {
      times_.push_back(Since<std::micro>(written_at_));
    }
    on_way_ -= echoes;
    WriteMoreLocked();
    if (opened || IsAtRestLocked()) changed_.notify_all();
  }
  StartRead(&response_);
}

void EchoStream::OnDone(const grpc::Status& /*status*/) {
  const std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_all();
}

}  // namespace thespian::gateway::bench
