// Values of the endpoint half as messages of the API.
//
// Threads:   stateless; safe from any thread.
#ifndef SERVER_CODEC_API_VALUES_H_
#define SERVER_CODEC_API_VALUES_H_

#include "absl/time/time.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/flight/flight_recorder.h"
#include "endpoint/journal/proxy_event.h"
#include "thespian/gateway/v1/admin.pb.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

v1::EndpointState ToApi(EndpointState state);
void ToApi(absl::Time time, google::protobuf::Timestamp& api);
void ToApi(const ChildExit& exit, v1::ChildExit& api);
void ToApi(const ProxyRow& row, Incarnation incarnation, v1::Proxy& api);
void ToApi(const RecordedFrame& frame, v1::RecordedFrame& api);

// What may be left out of an event.
struct EventDetails {
  bool payloads = false;
  bool stderr_lines = true;  // of an end

  bool operator==(const EventDetails&) const = default;
};
void ToApi(const ProxyEvent& event, const EventDetails& details,
           v1::ProxyEvent& api);

// The kinds of the API as a set of the journal's; nothing means all of them.
EventKinds KindsOf(const v1::WatchProxiesRequest& request);

}  // namespace thespian::gateway

#endif  // SERVER_CODEC_API_VALUES_H_
