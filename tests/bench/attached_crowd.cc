#include "tests/bench/attached_crowd.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

#include "endpoint/check.h"

namespace thespian::gateway::bench {
namespace {

constexpr char kMethod[] = "/thespian.gateway.v1.GatewayService/Attach";
constexpr size_t kClientsPerConnection = 1'000;
// So many are attached at a time.
constexpr size_t kOpening = 1'000;

grpc::ByteBuffer OpenRequest() {
  v1::AttachRequest request;
  request.add_commands()->mutable_open();
  const grpc::Slice slice(request.SerializeAsString());
  return {&slice, 1};
}

v1::AttachResponse Parse(grpc::ByteBuffer& bytes) {
  v1::AttachResponse response;
  grpc::ProtoBufferReader reader(&bytes);
  Check(response.ParseFromZeroCopyStream(&reader), "a response is one");
  return response;
}

}  // namespace

// How many have been told what.
class AttachedCrowd::Tally {
 public:
  enum Fact { kOpened, kEnded, kStarted, kDone, kFacts };

  void Count(Fact fact) {
    const std::lock_guard lock(mutex_);
    ++counts_[fact];
    if (counts_[fact] >= wanted_[fact]) changed_.notify_all();
  }

  // What is more than `count` is kept for the next.
  void Await(Fact fact, size_t count) {
    std::unique_lock lock(mutex_);
    wanted_[fact] = count;
    changed_.wait(lock, [&] { return counts_[fact] >= count; });
    counts_[fact] -= count;
    wanted_[fact] = SIZE_MAX;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<size_t, kFacts> counts_{};
  std::array<size_t, kFacts> wanted_{SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
};

class AttachedCrowd::Member final
    : grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Member(const std::shared_ptr<grpc::Channel>& channel, Tally& tally)
      : stub_(channel), tally_(tally), request_(OpenRequest()) {
    stub_.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
    StartWrite(&request_);
    StartRead(&response_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    const v1::AttachResponse response = Parse(response_);
    for (const v1::ActorEvent& event : response.events()) Note(event);
    response_.Clear();
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    Check(status.error_code() == grpc::StatusCode::CANCELLED,
          "an attached client stays");
    tally_.Count(Tally::kDone);
  }

  // An end is often told in more than one state.
  void Note(const v1::ActorEvent& event) {
    if (event.has_opened()) tally_.Count(Tally::kOpened);
    if (!event.has_endpoint_changed()) return;
    const bool runs =
        event.endpoint_changed().state() == v1::ENDPOINT_STATE_RUNNING;
    if (runs == runs_) return;
    runs_ = runs;
    tally_.Count(runs ? Tally::kStarted : Tally::kEnded);
  }

  grpc::GenericStub stub_;
  Tally& tally_;
  grpc::ClientContext context_;
  const grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  bool runs_ = true;  // only the reader's
};

AttachedCrowd::AttachedCrowd(const Subject& subject, size_t clients)
    : tally_(std::make_unique<Tally>()) {
  std::shared_ptr<grpc::Channel> channel;
  members_.reserve(clients);
  while (members_.size() < clients) {
    const size_t count = std::min(kOpening, clients - members_.size());
    for (size_t i = 0; i < count; ++i) {
      if (members_.size() % kClientsPerConnection == 0) {
        channel = subject.NewChannel();
      }
      members_.push_back(std::make_unique<Member>(channel, *tally_));
    }
    tally_->Await(Tally::kOpened, count);
  }
}

AttachedCrowd::~AttachedCrowd() {
  for (const auto& member : members_) member->Cancel();
  tally_->Await(Tally::kDone, members_.size());
}

void AttachedCrowd::AwaitAllToldOfEnd() {
  tally_->Await(Tally::kEnded, members_.size());
}

void AttachedCrowd::AwaitAllToldOfStart() {
  tally_->Await(Tally::kStarted, members_.size());
}

}  // namespace thespian::gateway::bench
