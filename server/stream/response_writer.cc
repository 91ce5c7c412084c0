#include "server/stream/response_writer.h"

namespace thespian::gateway {

// Always an exchange, even for the same value: it orders what the caller did
// before with what the holder of the pen does next.
template <typename Next>
uint32_t ResponseWriter::Change(Next next) {
  uint32_t state = state_.load(std::memory_order_relaxed);
  while (!state_.compare_exchange_weak(state, next(state),
                                       std::memory_order_acq_rel,
                                       std::memory_order_relaxed)) {
  }
  return state;
}

void ResponseWriter::Pump() {
  const uint32_t before = Change([](uint32_t state) {
    if ((state & kFinished) != 0) return state;
    return PhaseOf(state) == kIdle ? WithPhase(state, kComposing)
                                   : state | kAgain;
  });
  if ((before & kFinished) == 0 && PhaseOf(before) == kIdle) ComposeAndWrite();
}

void ResponseWriter::ComposeAndWrite() {
  bool goes_on = true;
  while (goes_on) {
    Change([](uint32_t state) { return state & ~kAgain; });
    // Asked first: what is added after the answer is composed, or pumped.
    const bool drained = source_.Drained();
    const ResponseSource::Composed composed = source_.Compose();
    const bool mute = (state_ & (kAtOnce | kBroken)) != 0;
    goes_on = composed.response == nullptr || mute ? !Rest(drained)
                                                   : !Write(composed);
  }
}

// True: gRPC is writing, and has the pen.
bool ResponseWriter::Write(const ResponseSource::Composed& composed) {
  if (composed.more) Change([](uint32_t state) { return state | kAgain; });
  wire_.WriteResponse(*composed.response);
  const uint32_t before = Change([](uint32_t state) {
    return (state & kWritten) != 0 ? state & ~kWritten
                                   : WithPhase(state, kWriting);
  });
  if ((before & kWritten) != 0) return false;
  TryFinish();
  return true;
}

// True: there is nothing to do for now.
bool ResponseWriter::Rest(bool drained) {
  const uint32_t before = Change([drained](uint32_t state) {
    const bool at_once = (state & kAtOnce) != 0;
    if (!at_once && (state & kAgain) != 0) return state;
    const bool over = drained && (state & kEnding) != 0;
    return WithPhase(state, kIdle) | (over ? kAtOnce : 0);
  });
  if ((before & kAtOnce) == 0 && (before & kAgain) != 0) return false;
  TryFinish();
  return true;
}

void ResponseWriter::OnWriteDone(bool ok) {
  const uint32_t before = Change([ok](uint32_t state) {
    const uint32_t next = PhaseOf(state) == kComposing
                              ? state | kWritten
                              : WithPhase(state, kIdle);
    return ok ? next : next | kBroken;
  });
  if (!ok) return source_.OnBroken();
  if (PhaseOf(before) == kComposing) return;
  if ((before & (kAgain | kEnding)) != 0) GoOn();
}

void ResponseWriter::GoOn() {
  if (!source_.SchedulePump()) Pump();
}

// --- The end ---------------------------------------------------------------

// False: somebody else has.
bool ResponseWriter::ClaimEnd(const grpc::Status& status) {
  const uint32_t before =
      Change([](uint32_t state) { return state | kClaimed; });
  if ((before & kClaimed) != 0) return false;
  end_status_ = status;
  return true;
}

void ResponseWriter::FinishDrained(const grpc::Status& status) {
  if (!ClaimEnd(status)) return;
  // What was added before is composed first, whoever has the pen now.
  Change([](uint32_t state) { return state | kEnding | kAgain; });
  TryFinish();  // FinishNow came between the two
  GoOn();
}

void ResponseWriter::FinishNow(const grpc::Status& status) {
  const uint32_t claimed = ClaimEnd(status) ? kEnding : 0;
  Change([claimed](uint32_t state) { return state | claimed | kAtOnce; });
  TryFinish();
}

void ResponseWriter::TryFinish() {
  const auto is_due = [](uint32_t state) {
    return (state & kAtOnce) != 0 && (state & kEnding) != 0 &&
           (state & kFinished) == 0 && PhaseOf(state) != kComposing &&
           state < kStarter;
  };
  const uint32_t before = Change([&is_due](uint32_t state) {
    return is_due(state) ? state | kFinished : state;
  });
  if (is_due(before)) wire_.FinishRpc(end_status_);
}

bool ResponseWriter::Enter() {
  const uint32_t before = Change([](uint32_t state) {
    return (state & kAtOnce) != 0 ? state : state + kStarter;
  });
  return (before & kAtOnce) == 0;
}

void ResponseWriter::Leave() {
  const uint32_t before = state_.fetch_sub(kStarter, std::memory_order_acq_rel);
  if ((before & kAtOnce) != 0) TryFinish();
}

void ResponseWriter::CancelIfStuck(std::chrono::steady_clock::time_point now) {
  const uint32_t state = state_.load(std::memory_order_acquire);
  if ((state & kEnding) == 0) return;
  if (!ending_since_.has_value()) ending_since_ = now;
  if (now - *ending_since_ < kMaxEndTime) return;
  const bool waits = (state & kFinished) == 0 && PhaseOf(state) == kIdle;
  if (!waits) return wire_.CancelRpc();
  FinishNow(end_status_);
}

}  // namespace thespian::gateway
