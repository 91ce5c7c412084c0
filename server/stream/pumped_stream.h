// The writing half of a stream: what there is to say is composed and written,
// one message in flight, until there is nothing; and then the stream is
// finished, once.
//
// Ownership: a stream is shared by gRPC (until OnDone) and by whoever wakes
//   it, which end at unrelated times; so it is made by Keep and never deleted
//   by hand.
// Threads:   safe from any thread. Compose is called by one thread at a time,
//   without a lock.
// Errors:    the status that the first end gives is the stream's.
// Memory:    one message.
#ifndef SERVER_STREAM_PUMPED_STREAM_H_
#define SERVER_STREAM_PUMPED_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "endpoint/mutex.h"
#include "server/stream/response_writer.h"

namespace thespian::gateway {

// `Response` is what is composed: it can be renewed and has a `wire` that the
// reactor writes.
template <typename Reactor, typename Response>
class PumpedStream : public Reactor {
 public:
  explicit PumpedStream(grpc::CallbackServerContext* context)
      : context_(context) {}

  // `stream` lives until OnDone, at least.
  static Reactor* Keep(const std::shared_ptr<PumpedStream>& stream) {
    stream->self_ = stream;
    return stream.get();
  }

 protected:
  // Fills `response`, which is empty, with what there is to say. Leaving it
  // empty promises a Pump when there is more.
  virtual void Compose(Response& response) = 0;
  virtual bool IsEmpty(const Response& response) const = 0;
  // Whether there may be something that this Compose left for the next. What is
  // added later comes with a Pump.
  virtual bool HasMore() const = 0;
  // False: something is still to come before the end.
  virtual bool Drained() const { return true; }
  // The client can't be written to any more.
  virtual void OnBroken() = 0;
  // The RPC is over; nothing is called any more.
  virtual void OnOver() {}
  // What was written makes room for more, or the end has come. A stream that
  // composes on a thread of its own pumps there.
  virtual void GoOn() { Pump(); }

  // There may be something to say.
  void Pump() {
    {
      MutexLock lock(mutex_);
      if (finished_) return;
      if (state_ != State::kIdle) {
        again_ = true;
        return;
      }
      state_ = State::kComposing;
      again_ = false;
    }
    ComposeAndWrite();
  }

  // Ends the stream when everything has been said.
  void FinishDrained(const grpc::Status& status) {
    {
      MutexLock lock(mutex_);
      if (end_status_.has_value()) return;
      end_status_ = status;
      draining_ = true;
    }
    GoOn();
  }

  // The end waits until everything has been said: whoever makes Drained true
  // has to Pump.
  bool draining() const { return draining_; }

  // Ends the stream, whatever there was to say.
  void FinishNow(const grpc::Status& status) {
    MutexLock lock(mutex_);
    if (!end_status_.has_value()) end_status_ = status;
    at_once_ = true;
    if (state_ != State::kComposing) FinishLocked();
  }

  // Ends a stream whose end takes too long: at once if something else is still
  // to come, by cutting it off if the client does not read. To be called now
  // and then.
  void CancelIfStuck(std::chrono::steady_clock::time_point now) {
    MutexLock lock(mutex_);
    if (!end_status_.has_value() || over_) return;
    if (!ending_since_.has_value()) ending_since_ = now;
    if (now - *ending_since_ < kMaxEndTime) return;
    if (!finished_ && state_ == State::kIdle) return FinishLocked();
    context_->TryCancel();
  }

  // Reads on, unless the stream is finished: StartRead must not come after.
  template <typename Request>
  void ReadInto(Request& request) {
    MutexLock lock(mutex_);
    if (!finished_) this->StartRead(&request);
  }

 private:
  enum class State { kIdle, kComposing, kWriting };

  void ComposeAndWrite() {
    bool drained = false;
    bool more = false;
    do {
      response_.Renew();
      // Asked first: what is added after the answer is composed, or pumped.
      drained = Drained();
      Compose(response_);
      more = HasMore();
    } while (!WriteOrRest(drained, more));
  }

  // True: the message is on its way, or there is nothing to do for now.
  bool WriteOrRest(bool drained, bool more) {
    MutexLock lock(mutex_);
    if (at_once_) {
      FinishLocked();
    } else if (!IsEmpty(response_)) {
      state_ = State::kWriting;
      if (more) again_ = true;
      this->StartWrite(response_.wire());
    } else if (std::exchange(again_, false)) {
      return false;
    } else {
      state_ = State::kIdle;
      if (end_status_.has_value() && drained) FinishLocked();
    }
    return true;
  }

  void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(finished_, true)) return;
    this->Finish(*end_status_);
  }

  void OnWriteDone(bool ok) final {
    bool again = false;
    {
      MutexLock lock(mutex_);
      state_ = State::kIdle;
      again = again_ || end_status_.has_value();
    }
    if (!ok) return OnBroken();
    if (again) GoOn();
  }

  void OnDone() final {
    {
      MutexLock lock(mutex_);
      over_ = true;
    }
    OnOver();
    const std::shared_ptr<void> last = std::move(self_);
  }

  static constexpr std::chrono::seconds kMaxEndTime{5};

  grpc::CallbackServerContext* const context_;  // valid until OnDone
  std::shared_ptr<void> self_;
  // The composer's, or gRPC's while it is written.
  Response response_;
  std::atomic<bool> draining_ = false;

  mutable Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kIdle;
  bool again_ ABSL_GUARDED_BY(mutex_) = false;
  bool at_once_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<std::chrono::steady_clock::time_point> ending_since_
      ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_PUMPED_STREAM_H_
