// The reasons that local actors, the child and watchers are given.
#ifndef ENDPOINT_SESSION_REASONS_H_
#define ENDPOINT_SESSION_REASONS_H_

#include <cstddef>
#include <string_view>

namespace thespian::gateway {

// Why a message reached nobody; also the reason that the child is answered.
inline constexpr std::string_view kNoSuchActorReason = "no_such_actor";
inline constexpr std::string_view kNoSuchNameReason = "no_such_name";
inline constexpr std::string_view kMailboxFullReason = "mailbox_full";
// The same of a message to another endpoint: that is not there, or there are as
// many local actors as may be.
inline constexpr std::string_view kEndpointDownReason = "endpoint_down";
inline constexpr std::string_view kTooManyActorsReason = "limit_reached";
// The end of what has nothing more to say.
inline constexpr std::string_view kNormalReason = "normal";
// The reason with which proxies end when their child does.
inline constexpr std::string_view kTransportClosedReason = "transport_closed";
// With which a stream is given up that somebody wants to end.
inline constexpr std::string_view kEndpointStoppedReason = "endpoint_stopped";
inline constexpr std::string_view kReleasedReason = "released";
inline constexpr std::string_view kIdleReason = "idle_timeout";
inline constexpr std::string_view kTooManyReason = "max_proxies";

// Of a payload, as much as an event carries.
inline constexpr size_t kEventPayloadBytes = 4'096;

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_REASONS_H_
