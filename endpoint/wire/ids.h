// The kinds of numbers that name actors and runs of the child. Each is a type
// of its own, so that none can stand in for another by accident.
#ifndef ENDPOINT_WIRE_IDS_H_
#define ENDPOINT_WIRE_IDS_H_

#include <compare>
#include <cstdint>
#include <utility>

namespace thespian::gateway {

template <typename Tag>
struct Id {
  uint64_t value = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads <=>
  friend auto operator<=>(const Id&, const Id&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Id& id) {
    return H::combine(std::move(state), id.value);
  }
};

// On the wire: an actor of whoever wrote the frame, or of whoever reads it.
using WriterId = Id<struct WriterIdTag>;
using ReaderId = Id<struct ReaderIdTag>;

// In the gateway: an actor of the child (an id it chose), or a gRPC client
// that has attached itself (an id we chose). 0 is nobody.
using RemoteId = Id<struct RemoteIdTag>;
using LocalId = Id<struct LocalIdTag>;

// One run of a child: 1, 2, 3 ... per endpoint. 0 is none.
using Incarnation = Id<struct IncarnationTag>;

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_IDS_H_
