// Descriptors that a loop watches.
//
// Ownership: the loop's descriptor owns it, once it is watched.
// Threads:   stateless.
// Errors:    what the system refuses, with its words; the descriptor stays the
//   caller's then.
#ifndef ENDPOINT_LOOP_WATCHED_H_
#define ENDPOINT_LOOP_WATCHED_H_

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/process/unique_fd.h"

namespace thespian::gateway {

using Watched = asio::posix::stream_descriptor;

// asio's constructors throw where this does not.
inline absl::StatusOr<Watched> Watch(asio::io_context& loop, UniqueFd& fd) {
  Watched watched(loop);
  std::error_code error;
  watched.assign(fd.get(), error);
  if (error) {
    return absl::ErrnoToStatus(error.value(), "can't watch a descriptor");
  }
  fd.Release();
  return watched;
}

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOOP_WATCHED_H_
