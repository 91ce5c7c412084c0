// The kinds of peers: how each is spoken of in states and reasons, and what its
// ends mean.
//
// Ownership: constants.
#ifndef ENDPOINT_SUPERVISION_PEER_KIND_H_
#define ENDPOINT_SUPERVISION_PEER_KIND_H_

#include <string_view>

namespace thespian::gateway {

struct PeerKind {
  // When there is another run after one that nobody asked to end.
  enum class Again {
    kOnceItRan,  // as the RestartPolicy says, once some run came up
    kAlways,     // as the RestartPolicy says, from the first run on
    kNever,      // the endpoint is STOPPED for good
  };

  std::string_view idle;  // until the first message
  std::string_view starting;
  std::string_view no_start;  // the gateway itself lacks something
  std::string_view runs;
  std::string_view reacts;         // after it took nothing for a while
  std::string_view said_all;       // its stream has ended
  std::string_view takes_nothing;  // ours has
  std::string_view reads_nothing;  // it does not read, "... for 100 ms"
  std::string_view ended;
  std::string_view again;  // it will be begun anew, "... in 100 ms"
  // The reason by which it ends the stream in order; empty: there is none.
  std::string_view orderly_goodbye;
  Again again_when = Again::kOnceItRan;
};

inline constexpr PeerKind kChildPeerKind = {
    .idle = "there is no child: the first message starts it",
    .starting = "the child is being started",
    .no_start = "no start of the child",
    .runs = "the child runs",
    .reacts = "the child reacts again",
    .said_all = "the child's stdout has ended",
    .takes_nothing = "the child has closed its stdin",
    .reads_nothing = "the child has not read its stdin",
    .ended = "the child has ended",
    .again = "started again",
    .orderly_goodbye = {},
    .again_when = PeerKind::Again::kOnceItRan,
};

inline constexpr PeerKind kDialledPeerKind = {
    .idle = "the peer is dialled by the first message",
    .starting = "the peer is being dialled",
    .no_start = "the peer was not dialled",
    .runs = "the peer is connected",
    .reacts = "the peer reacts again",
    .said_all = "the peer closed the connection",
    .takes_nothing = "the peer takes nothing more",
    .reads_nothing = "the peer has not read",
    .ended = "the connection is closed",
    .again = "dialled again",
    .orderly_goodbye = "peer_closed",
    .again_when = PeerKind::Again::kAlways,
};

inline constexpr PeerKind kAcceptedPeerKind = {
    .idle = {},
    .starting = "the peer has dialled in",
    .no_start = "the peer was not taken",
    .runs = "the peer is connected",
    .reacts = "the peer reacts again",
    .said_all = "the peer closed the connection",
    .takes_nothing = "the peer takes nothing more",
    .reads_nothing = "the peer has not read",
    .ended = "the connection is closed",
    .again = {},
    .orderly_goodbye = "peer_closed",
    .again_when = PeerKind::Again::kNever,
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SUPERVISION_PEER_KIND_H_
