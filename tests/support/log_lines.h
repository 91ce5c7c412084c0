// A log whose lines a test reads.
//
// Ownership: the lines outlive the log.
// Threads:   safe from any thread.
#ifndef TESTS_SUPPORT_LOG_LINES_H_
#define TESTS_SUPPORT_LOG_LINES_H_

#include <memory>
#include <string>
#include <vector>

#include "spdlog/details/null_mutex.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/base_sink.h"
#include "tests/support/awaited.h"

namespace thespian::gateway {

class LogLines {
 public:
  using Lines = std::vector<std::string>;

  spdlog::logger MakeLog() { return {"test", std::make_shared<Sink>(lines_)}; }

  Lines Get() const { return lines_.Get(); }

 private:
  // Awaited has a lock of its own.
  class Sink final
      : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
   public:
    explicit Sink(Awaited<Lines>& lines) : lines_(lines) {}

   private:
    void sink_it_(const spdlog::details::log_msg& message) override {
      lines_.Update([&](Lines& all) {
        all.emplace_back(message.payload.data(), message.payload.size());
      });
    }
    void flush_() override {}

    Awaited<Lines>& lines_;
  };

  Awaited<Lines> lines_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_LOG_LINES_H_
