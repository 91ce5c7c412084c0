// Connects to one address, and tells how that went.
//
// Nothing blocks: an address is a path, a number, or "localhost". Names of
// other hosts are refused, since to look one up may take a minute.
//
// Ownership: owns the socket until it is handed over. The loop's pending waits
//   borrow the dialler, which outlives the loop's run.
// Threads:   the loop's alone.
// Errors:    UNAVAILABLE (ENDPOINT_DOWN) with the system's words, or that
//   nobody answered in time; INVALID_ARGUMENT for a name, from Begin.
// Memory:    one socket.
#ifndef ENDPOINT_PEER_DIALLER_H_
#define ENDPOINT_PEER_DIALLER_H_

#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/loop/loop_timer.h"
#include "endpoint/loop/pipe_reader.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/socket/address.h"

namespace thespian::gateway {

// The one name of a host that is known.
inline constexpr std::string_view kLocalhost = "localhost";

// Where `address` is, in the order in which it is to be tried.
absl::StatusOr<std::vector<asio::generic::stream_protocol::endpoint>> PlacesOf(
    const Address& address);

class Dialler {
 public:
  // How long a connection may take to come about.
  static constexpr std::chrono::milliseconds kTimeout{5'000};

  // A connected socket, non-blocking and close-on-exec.
  using Done = absl::AnyInvocable<void(absl::StatusOr<UniqueFd>)>;

  Dialler(asio::io_context& loop, Done done,
          std::chrono::milliseconds timeout = kTimeout);

  // `done` is called once for it, later, unless Cancel comes first.
  absl::Status Begin(const Address& address);
  void Cancel();

 private:
  using Place = asio::generic::stream_protocol::endpoint;

  // Tries the places that are left, until one takes its time or takes the
  // connection.
  void TryNext();
  // What the system says to an attempt at `place`; 0: connected.
  int Attempt(const Place& place);
  void AwaitAnswer();
  void OnAnswer();
  void Finish(absl::StatusOr<UniqueFd> result);

  asio::io_context& loop_;
  Done done_;
  const std::chrono::milliseconds timeout_;
  LoopTimer timer_;
  std::vector<Place> places_;
  size_t next_ = 0;          // of places_
  int last_error_ = 0;       // of those before it
  SharedDescriptor socket_;  // of the attempt under way
  uint64_t round_ = 0;       // what a late wait belongs to
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PEER_DIALLER_H_
