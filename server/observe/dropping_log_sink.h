// Where the log's lines go: a descriptor whose reader may have stopped reading.
// Then lines are lost, and the next one that gets through says how many; nobody
// who logs ever waits.
//
// Ownership: borrows the descriptor.
// Threads:   safe from any thread.
// Errors:    a descriptor that can't be written loses the lines.
// Memory:    none.
#ifndef SERVER_OBSERVE_DROPPING_LOG_SINK_H_
#define SERVER_OBSERVE_DROPPING_LOG_SINK_H_

#include <cstdint>
#include <mutex>
#include <string_view>

#include "spdlog/sinks/base_sink.h"

namespace thespian::gateway {

class DroppingLogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // What a pipe takes at once if it takes anything; longer lines are cut,
  // and end in "[cut]".
  static constexpr size_t kMaxLineBytes = 4'096;

  explicit DroppingLogSink(int fd) : fd_(fd) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  bool HasRoom() const;
  void Write(std::string_view line) const;
  std::string LossLine(const spdlog::details::log_msg& model);

  const int fd_;
  uint64_t lost_ = 0;
};

}  // namespace thespian::gateway

#endif  // SERVER_OBSERVE_DROPPING_LOG_SINK_H_
