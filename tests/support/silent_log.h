// A log whose lines nobody reads.
//
// Threads:   safe from any thread.
#ifndef TESTS_SUPPORT_SILENT_LOG_H_
#define TESTS_SUPPORT_SILENT_LOG_H_

#include <memory>

#include "spdlog/logger.h"
#include "spdlog/sinks/null_sink.h"

namespace thespian::gateway {

inline spdlog::logger SilentLog() {
  return {"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
}

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_SILENT_LOG_H_
