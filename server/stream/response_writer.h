// The writing half of a stream: what its source composes is written, one
// response in flight, until there is nothing to say; and then the stream is
// finished, once.
//
// Whoever holds the pen composes and starts writes: one thread at a time, which
// is refused by nobody, as what others ask for meanwhile is noted for it. The
// state is one atomic number, so no lock is held while gRPC or the source is
// called.
//
// Ownership: a part of its stream, which lives until the RPC is over.
// Threads:   safe from any thread, except CancelIfStuck, which one thread
//   calls.
// Errors:    the status of the first end is the stream's.
// Memory:    none; a response is its source's.
#ifndef SERVER_STREAM_RESPONSE_WRITER_H_
#define SERVER_STREAM_RESPONSE_WRITER_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace thespian::gateway {

// What goes out in one response: enough to be cheap, little enough to be soon.
inline constexpr int kMaxBatchEvents = 256;
inline constexpr size_t kMaxBatchBytes = 64u << 10;

// The RPC of a stream, as its writer uses it.
class RpcWire {
 public:
  virtual ~RpcWire() = default;
  // Ends with OnWriteDone, perhaps before this returns.
  virtual void WriteResponse(const grpc::ByteBuffer& response) = 0;
  // No operation may be started after it.
  virtual void FinishRpc(const grpc::Status& status) = 0;
  // Ends all operations with a failure. Safe at any time.
  virtual void CancelRpc() = 0;
};

// Where the responses come from.
class ResponseSource {
 public:
  struct Composed {
    // Valid until the next Compose. Null: there is nothing to say for now, and
    // a Pump follows when there is.
    const grpc::ByteBuffer* response = nullptr;
    // There may be something that was left for the next response.
    bool more = false;
  };

  virtual ~ResponseSource() = default;
  // Called by one thread at a time, and not while a response is written.
  virtual Composed Compose() = 0;
  // False: something is still to come before the end. Whoever makes it true
  // has to Pump.
  virtual bool Drained() const { return true; }
  // Has Pump called by the thread on which this source composes, soon. False:
  // any thread will do.
  virtual bool SchedulePump() { return false; }
  // The client can't be written to any more.
  virtual void OnBroken() = 0;
};

class ResponseWriter {
 public:
  ResponseWriter(RpcWire& wire, ResponseSource& source)
      : wire_(wire), source_(source) {}

  // There may be something to say.
  void Pump();

  // Ends the stream when everything has been said.
  void FinishDrained(const grpc::Status& status);

  // Ends the stream, whatever there was to say.
  void FinishNow(const grpc::Status& status);

  // One of the above was called.
  bool ending() const { return (state_ & kEnding) != 0; }

  // Calls `start`, which may start an operation of the RPC, unless the stream
  // is finished; the finish waits for it.
  template <typename Start>
  void WhileUnfinished(Start start) {
    if (!Enter()) return;
    start();
    Leave();
  }

  // Ends a stream whose end takes too long: at once if something else is still
  // to come, by cutting it off if the client does not read. To be called now
  // and then.
  void CancelIfStuck(std::chrono::steady_clock::time_point now);

  // The reactor's reaction.
  void OnWriteDone(bool ok);

  // How long an end may take.
  static constexpr std::chrono::seconds kMaxEndTime{5};

 private:
  // The phase, in the lowest bits; then flags, then a count of those who are
  // starting an operation.
  static constexpr uint32_t kIdle = 0;
  static constexpr uint32_t kComposing = 1;  // somebody has the pen
  static constexpr uint32_t kWriting = 2;    // gRPC has it
  static constexpr uint32_t kPhase = 3;
  static constexpr uint32_t kAgain = 1u << 2;    // Compose once more
  static constexpr uint32_t kWritten = 1u << 3;  // before StartWrite returned
  static constexpr uint32_t kBroken = 1u << 4;   // a write failed
  static constexpr uint32_t kClaimed = 1u << 5;  // somebody sets the status
  static constexpr uint32_t kEnding = 1u << 6;   // the status is set
  static constexpr uint32_t kAtOnce = 1u << 7;   // nothing more is said
  static constexpr uint32_t kFinished = 1u << 8;
  static constexpr uint32_t kStarter = 1u << 16;

  // Replaces the state by `next` of it, which gives nothing if it is to stay.
  // Returns the state before.
  template <typename Next>
  uint32_t Change(Next next);

  static uint32_t PhaseOf(uint32_t state) { return state & kPhase; }
  static uint32_t WithPhase(uint32_t state, uint32_t phase) {
    return (state & ~kPhase) | phase;
  }

  void ComposeAndWrite();
  bool Write(const ResponseSource::Composed& composed);
  bool Rest(bool drained);
  void GoOn();
  bool ClaimEnd(const grpc::Status& status);
  void TryFinish();
  bool Enter();
  void Leave();

  RpcWire& wire_;
  ResponseSource& source_;
  std::atomic<uint32_t> state_ = kIdle;
  grpc::Status end_status_;  // constant once kEnding is set

  // Of the thread that calls CancelIfStuck.
  std::optional<std::chrono::steady_clock::time_point> ending_since_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_RESPONSE_WRITER_H_
