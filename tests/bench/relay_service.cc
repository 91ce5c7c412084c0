#include "tests/bench/relay_service.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "endpoint/check.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/message.h"

namespace thespian::gateway::bench {
namespace {

constexpr size_t kPipeBytes = 1u << 20;
constexpr size_t kMaxFrameBytes = 64u << 20;

std::string FrameTo(std::string_view name, std::string_view payload,
                    uint64_t from) {
  std::string frame;
  AppendFrame(
      SendNamedMessage{.from = {from}, .name = name, .payload = payload},
      frame);
  return frame;
}

class CallReactor final : public grpc::ServerUnaryReactor,
                          private Relay::Receiver {
 public:
  CallReactor(Relay& relay, const v1::CallRequest& request,
              v1::CallResponse& response)
      : relay_(relay), response_(response), id_(relay.Add(*this)) {
    relay_.Write(FrameTo(request.to_name(), request.payload().cbor(), id_));
  }

 private:
  void OnPayload(std::string_view payload) override {
    response_.set_from_id(1);
    response_.set_incarnation(1);
    response_.mutable_payload()->set_cbor(std::string(payload));
    Finish(grpc::Status::OK);
  }
  void OnPause() override {}
  void OnDone() override {
    relay_.Remove(id_);
    delete this;
  }

  Relay& relay_;
  v1::CallResponse& response_;
  const uint64_t id_;
};

// Whatever waits goes out as one response.
class AttachReactor final
    : public grpc::ServerBidiReactor<v1::AttachRequest, v1::AttachResponse>,
      private Relay::Receiver {
 public:
  explicit AttachReactor(Relay& relay) : relay_(relay), id_(relay.Add(*this)) {
    StartSendInitialMetadata();
    StartRead(&request_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    std::string frames;
    for (const v1::ActorCommand& command : request_.commands()) {
      if (command.has_open()) {
        const std::lock_guard lock(mutex_);
        next_.add_events()->mutable_opened()->set_actor_id(id_);
        WriteLocked();
        continue;
      }
      const auto& send = command.send_named();
      AppendFrame(SendNamedMessage{.from = {id_},
                                   .name = send.to_name(),
                                   .payload = send.payload().cbor()},
                  frames);
    }
    if (!frames.empty()) relay_.Write(frames);
    StartRead(&request_);
  }
  void OnWriteDone(bool /*ok*/) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    WriteLocked();
  }
  void OnDone() override {
    relay_.Remove(id_);
    delete this;
  }

  // Receiver
  void OnPayload(std::string_view payload) override {
    const std::lock_guard lock(mutex_);
    auto& delivery = *next_.add_events()->mutable_delivery();
    delivery.set_from_id(1);
    delivery.mutable_payload()->set_cbor(payload.data(), payload.size());
  }
  void OnPause() override {
    const std::lock_guard lock(mutex_);
    WriteLocked();
  }

  void WriteLocked() {
    if (writing_ || next_.events().empty()) return;
    response_.Clear();
    response_.Swap(&next_);
    writing_ = true;
    StartWrite(&response_);
  }

  Relay& relay_;
  const uint64_t id_;
  v1::AttachRequest request_;
  std::mutex mutex_;
  v1::AttachResponse next_;
  v1::AttachResponse response_;
  bool writing_ = false;
};

}  // namespace

Relay::Relay(const std::string& child) {
  Spawn(child);
  reader_ = std::thread([this] { Read(); });
}

Relay::~Relay() {
  close(in_);
  reader_.join();
  close(out_);
  waitpid(pid_, nullptr, 0);
}

void Relay::Spawn(const std::string& child) {
  std::array<int, 2> to_child{};
  std::array<int, 2> from_child{};
  Check(pipe2(to_child.data(), O_CLOEXEC) == 0 &&
            pipe2(from_child.data(), O_CLOEXEC) == 0,
        "there are pipes");
  in_ = to_child[1];
  out_ = from_child[0];
  fcntl(in_, F_SETPIPE_SZ, kPipeBytes);
  fcntl(out_, F_SETPIPE_SZ, kPipeBytes);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  std::string program = child;
  const std::array<char*, 2> argv = {program.data(), nullptr};
  Check(posix_spawn(&pid_, child.c_str(), &actions, nullptr, argv.data(),
                    environ) == 0,
        "the child starts");
  posix_spawn_file_actions_destroy(&actions);
  close(to_child[0]);
  close(from_child[1]);
}

uint64_t Relay::Add(Receiver& receiver) {
  const std::lock_guard lock(mutex_);
  receivers_[++last_id_] = &receiver;
  return last_id_;
}

void Relay::Remove(uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = receivers_.find(id);
  if (found->second == last_) last_ = nullptr;
  receivers_.erase(found);
}

void Relay::Write(std::string_view frames) {
  const std::lock_guard lock(write_mutex_);
  while (!frames.empty()) {
    const ssize_t written = write(in_, frames.data(), frames.size());
    Check(written > 0, "the child reads");
    frames.remove_prefix(static_cast<size_t>(written));
  }
}

void Relay::Read() {
  FrameDecoder decoder(kMaxFrameBytes);
  std::vector<char> buffer(kPipeBytes);
  for (;;) {
    const ssize_t size = read(out_, buffer.data(), buffer.size());
    if (size <= 0) return;
    const std::lock_guard lock(mutex_);
    const absl::Status status = decoder.Feed(
        {buffer.data(), static_cast<size_t>(size)},
        [this](std::string_view content) {
          Dispatch(content);
          return absl::OkStatus();
        },
        [](uint64_t) { return absl::OkStatus(); });
    Check(status.ok(), "the child writes frames");
    Pause();
  }
}

void Relay::Dispatch(std::string_view content) {
  const absl::StatusOr<Message> message = DecodeMessage(content);
  const auto* send =
      message.ok() ? std::get_if<SendMessage>(&*message) : nullptr;
  if (send == nullptr) return;
  const auto found = receivers_.find(send->to.value);
  if (found == receivers_.end()) return;
  if (found->second != last_) Pause();
  last_ = found->second;
  last_->OnPayload(send->payload);
}

void Relay::Pause() {
  if (last_ != nullptr) std::exchange(last_, nullptr)->OnPause();
}

grpc::ServerUnaryReactor* RelayService::SendNamed(
    grpc::CallbackServerContext* context, const v1::SendNamedRequest* request,
    v1::SendNamedResponse* response) {
  relay_.Write(FrameTo(request->to_name(), request->payload().cbor(), 0));
  response->set_incarnation(1);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* RelayService::Call(
    grpc::CallbackServerContext* /*context*/, const v1::CallRequest* request,
    v1::CallResponse* response) {
  return new CallReactor(relay_, *request, *response);
}

grpc::ServerBidiReactor<v1::AttachRequest, v1::AttachResponse>*
RelayService::Attach(grpc::CallbackServerContext* /*context*/) {
  return new AttachReactor(relay_);
}

}  // namespace thespian::gateway::bench
