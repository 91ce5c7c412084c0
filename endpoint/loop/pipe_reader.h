// Reads a pipe or a socket on the loop, one bounded read a turn, until its end.
//
// Ownership: holds the descriptor until the end, and owns its buffer; shared
//   with the loop's pending waits.
// Threads:   the loop's alone.
// Errors:    a read for which there is no memory is tried again after
//   kShortageTime; another error is told as the end of the stream.
// Memory:    one read.
#ifndef ENDPOINT_LOOP_PIPE_READER_H_
#define ENDPOINT_LOOP_PIPE_READER_H_

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>

#include "absl/functional/any_invocable.h"
#include "endpoint/loop/watched.h"

namespace thespian::gateway {

// Closed when the last one lets go of it: whoever writes to a socket shares it
// with its reader.
using SharedDescriptor = std::shared_ptr<Watched>;

SharedDescriptor Share(Watched watched);

class PipeReader : public std::enable_shared_from_this<PipeReader> {
 public:
  // How long a pipe is read after its writer ended, if someone else still
  // holds it.
  static constexpr std::chrono::milliseconds kDrainTime{500};

  static constexpr std::chrono::milliseconds kShortageTime{50};

  // Called with what one read brought.
  using OnBytes = absl::AnyInvocable<void(std::string_view)>;
  // Called once, when nothing more will come.
  using OnEnd = absl::AnyInvocable<void() &&>;
  // Called before OnEnd, with the descriptor still there, if the writer was
  // given up rather than read to its end.
  using OnCutOff = absl::AnyInvocable<void() &&>;

  PipeReader(
      asio::io_context& loop, SharedDescriptor pipe, size_t read_bytes,
      OnBytes on_bytes, OnEnd on_end, OnCutOff on_cut_off = [] {});

  void Start();

  // Whoever writes has ended: the end comes within `time`, or sooner if an
  // earlier call said so.
  void Drain(std::chrono::milliseconds time = kDrainTime);

 private:
  void OnRead(const std::error_code& error, size_t bytes);
  void TryAgainLater();
  void CutOff();
  void End();

  SharedDescriptor pipe_;  // null: the end has come
  // Not filled with zeros: what no read reaches is no memory of the process,
  // and most pipes are idle.
  const std::unique_ptr<char[]> buffer_;
  const size_t read_bytes_;
  OnBytes on_bytes_;
  OnEnd on_end_;
  OnCutOff on_cut_off_;
  asio::steady_timer drain_timer_;
  asio::steady_timer shortage_timer_;
  bool draining_ = false;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOOP_PIPE_READER_H_
