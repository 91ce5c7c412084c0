// The receiving half of a client that is a local actor: reads events when it
// is asked to, and checks their sequence.
//
// Ownership: owns the stream; the destructor cancels and ends it.
// Threads:   thread-compatible.
// Errors:    nothing more to read, when the stream has ended or its deadline
//   passed; Finish tells which.
#ifndef TESTS_SUPPORT_ACTOR_EVENTS_H_
#define TESTS_SUPPORT_ACTOR_EVENTS_H_

#include <grpcpp/client_context.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

template <typename Stream, typename Response>
class ActorEvents {
 public:
  using EventCase = v1::ActorEvent::EventCase;

  explicit ActorEvents(std::chrono::milliseconds deadline) {
    context_.set_deadline(std::chrono::system_clock::now() + deadline);
  }
  ~ActorEvents() {
    if (finished_) return;
    context_.TryCancel();
    Finish();
  }
  ActorEvents(const ActorEvents&) = delete;
  ActorEvents& operator=(const ActorEvents&) = delete;

  // Takes the `opened` event. False: something else came.
  bool TakeOpened() {
    const std::optional<v1::ActorEvent> event = Next();
    if (!event.has_value() || !event->has_opened()) return false;
    id_ = event->opened().actor_id();
    token_ = event->opened().token();
    return true;
  }
  uint64_t id() const { return id_; }
  const std::string& token() const { return token_; }

  std::optional<v1::ActorEvent> Next() {
    while (next_ == response_.events_size()) {
      next_ = 0;
      response_.Clear();
      if (!stream_->Read(&response_)) return std::nullopt;
      EXPECT_GT(response_.events_size(), 0) << "an empty message";
    }
    const v1::ActorEvent& event = response_.events(next_++);
    EXPECT_EQ(event.sequence(), ++sequence_);
    return event;
  }

  // The next event of this kind; those before it are dropped.
  std::optional<v1::ActorEvent> Next(EventCase kind) {
    std::optional<v1::ActorEvent> event;
    do {
      event = Next();
    } while (event.has_value() && event->event_case() != kind);
    return event;
  }

  // The payload of the next delivery, its CBOR; empty at the end.
  std::string NextCbor() {
    const auto event = Next(v1::ActorEvent::kDelivery);
    return event.has_value() ? event->delivery().payload().cbor() : "";
  }

  void Cancel() { context_.TryCancel(); }
  // Reads what is left. Once.
  grpc::Status Finish() {
    finished_ = true;
    while (Next().has_value()) {
    }
    return stream_->Finish();
  }

 protected:
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;  // the subclass's to make, at once

 private:
  Response response_;
  int next_ = 0;
  uint64_t sequence_ = 0;
  bool finished_ = false;
  uint64_t id_ = 0;
  std::string token_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_ACTOR_EVENTS_H_
