#include "server/codec/api_values.h"

#include <string>
#include <variant>

namespace thespian::gateway {
namespace {

v1::ProxyCloseCause ToApi(CloseCause cause) {
  switch (cause) {
    case CloseCause::kExit:
      return v1::PROXY_CLOSE_CAUSE_EXIT;
    case CloseCause::kReleased:
      return v1::PROXY_CLOSE_CAUSE_RELEASED;
    case CloseCause::kTransportClosed:
      return v1::PROXY_CLOSE_CAUSE_TRANSPORT_CLOSED;
  }
  return v1::PROXY_CLOSE_CAUSE_UNSPECIFIED;
}

// MessageReceived and MessageSent, into whatever has their fields.
template <typename Message, typename Api>
void SetEnds(const Message& message, Api& api) {
  api.set_from_id(message.from.value);
  if (const auto* name = std::get_if<std::string>(&message.to)) {
    api.set_to_name(*name);
  } else {
    api.set_to_id(std::get<0>(message.to).value);
  }
  api.set_size(message.size);
}

// Fills the `oneof` of an event, by the kind of its body.
struct BodySetter {
  const EventDetails& details;
  v1::ProxyEvent& api;

  void operator()(const EndpointStateChanged& body) const {
    auto& out = *api.mutable_endpoint_state_changed();
    out.set_state(gateway::ToApi(body.state));
    out.set_pid(body.pid);
    out.set_reason(body.reason);
    if (body.exit == nullptr) return;
    gateway::ToApi(*body.exit, *out.mutable_exit());
    if (!details.stderr_lines) out.mutable_exit()->clear_stderr_lines();
  }
  void operator()(const ProxyCreated& body) const {
    api.mutable_proxy_created()->set_remote_id(body.remote.value);
  }
  void operator()(const ProxyClosed& body) const {
    auto& out = *api.mutable_proxy_closed();
    out.set_remote_id(body.remote.value);
    out.set_reason(body.reason);
    out.set_cause(ToApi(body.cause));
  }
  void operator()(const MessageReceived& body) const {
    auto& out = *api.mutable_message_received();
    SetEnds(body, out);
    if (details.payloads) out.set_payload(body.payload);
  }
  void operator()(const MessageSent& body) const {
    auto& out = *api.mutable_message_sent();
    SetEnds(body, out);
    if (details.payloads) out.set_payload(body.payload);
  }
  void operator()(const LinkCreated& body) const {
    auto& out = *api.mutable_link_created();
    out.set_remote_id(body.remote.value);
    out.set_local_id(body.local.value);
    out.set_by_remote(body.by_remote);
  }
  void operator()(const LinkClosed& body) const {
    auto& out = *api.mutable_link_closed();
    out.set_remote_id(body.remote.value);
    out.set_local_id(body.local.value);
    out.set_reason(body.reason);
  }
  void operator()(const MessageUndeliverable& body) const {
    auto& out = *api.mutable_message_undeliverable();
    std::visit([&out](const auto& message) { SetEnds(message, out); },
               body.message);
    out.set_reason(body.reason);
    out.set_from_child(std::holds_alternative<MessageReceived>(body.message));
  }
  void operator()(const FrameRejected& body) const {
    auto& out = *api.mutable_frame_rejected();
    out.set_size(body.size);
    out.set_reason(body.reason);
  }
  void operator()(const ProtocolWarning& body) const {
    auto& out = *api.mutable_protocol_warning();
    out.set_text(body.text);
    out.set_hint(body.hint);
  }
  void operator()(const StderrLine& body) const {
    auto& out = *api.mutable_stderr_line();
    out.set_line(body.line);
    out.set_truncated(body.truncated);
  }
  void operator()(const SnapshotComplete& body) const {
    api.mutable_snapshot_complete()->set_proxies(body.proxies);
  }
  void operator()(const Gap& body) const {
    auto& out = *api.mutable_gap();
    out.set_first_sequence(body.first);
    out.set_last_sequence(body.last);
  }
};

EventKinds KindOf(int kind) {
  switch (kind) {
    case v1::PROXY_EVENT_KIND_ENDPOINT_STATE_CHANGED:
      return gateway::KindOf<EndpointStateChanged>();
    case v1::PROXY_EVENT_KIND_PROXY_CREATED:
      return gateway::KindOf<ProxyCreated>();
    case v1::PROXY_EVENT_KIND_PROXY_CLOSED:
      return gateway::KindOf<ProxyClosed>();
    case v1::PROXY_EVENT_KIND_MESSAGE_RECEIVED:
      return gateway::KindOf<MessageReceived>();
    case v1::PROXY_EVENT_KIND_MESSAGE_SENT:
      return gateway::KindOf<MessageSent>();
    case v1::PROXY_EVENT_KIND_LINK_CREATED:
      return gateway::KindOf<LinkCreated>();
    case v1::PROXY_EVENT_KIND_LINK_CLOSED:
      return gateway::KindOf<LinkClosed>();
    case v1::PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE:
      return gateway::KindOf<MessageUndeliverable>();
    case v1::PROXY_EVENT_KIND_FRAME_REJECTED:
      return gateway::KindOf<FrameRejected>();
    case v1::PROXY_EVENT_KIND_PROTOCOL_WARNING:
      return gateway::KindOf<ProtocolWarning>();
    case v1::PROXY_EVENT_KIND_STDERR_LINE:
      return gateway::KindOf<StderrLine>();
    default:  // an open enum of the API: others select nothing
      return 0;
  }
}

}  // namespace

v1::EndpointState ToApi(EndpointState state) {
  switch (state) {
    case EndpointState::kStarting:
      return v1::ENDPOINT_STATE_STARTING;
    case EndpointState::kRunning:
      return v1::ENDPOINT_STATE_RUNNING;
    case EndpointState::kBackoff:
      return v1::ENDPOINT_STATE_BACKOFF;
    case EndpointState::kStopping:
      return v1::ENDPOINT_STATE_STOPPING;
    case EndpointState::kStopped:
      return v1::ENDPOINT_STATE_STOPPED;
    case EndpointState::kFailed:
      return v1::ENDPOINT_STATE_FAILED;
    case EndpointState::kUnresponsive:
      return v1::ENDPOINT_STATE_UNRESPONSIVE;
    case EndpointState::kIdle:
      return v1::ENDPOINT_STATE_IDLE;
  }
  return v1::ENDPOINT_STATE_UNSPECIFIED;
}

void ToApi(absl::Time time, google::protobuf::Timestamp& api) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  api.set_seconds(seconds);
  api.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

void ToApi(const ChildExit& exit, v1::ChildExit& api) {
  if (exit.exit.signal.has_value()) {
    api.set_signal(*exit.exit.signal);
  } else if (exit.exit.code.has_value()) {
    api.set_exit_code(*exit.exit.code);
  }
  api.set_core_dumped(exit.exit.core_dumped);
  api.set_reason(exit.reason);
  for (const std::string& line : exit.stderr_lines) api.add_stderr_lines(line);
  for (const std::string& hint : exit.hints) api.add_hints(hint);
  ToApi(exit.time, *api.mutable_time());
  api.set_incarnation(exit.incarnation.value);
}

void ToApi(const ProxyRow& row, Incarnation incarnation, v1::Proxy& api) {
  api.set_remote_id(row.id.value);
  api.set_incarnation(incarnation.value);
  ToApi(row.created, *api.mutable_create_time());
  api.set_messages_received(row.received);
  api.set_messages_sent(row.sent);
  api.set_links(static_cast<uint32_t>(row.links));
}

void ToApi(const ProxyEvent& event, const EventDetails& details,
           v1::ProxyEvent& api) {
  api.set_sequence(event.sequence);
  ToApi(event.time, *api.mutable_time());
  if (event.endpoint != nullptr) api.set_endpoint(*event.endpoint);
  api.set_incarnation(event.incarnation.value);
  std::visit(BodySetter{.details = details, .api = api}, event.body);
}

void ToApi(const RecordedFrame& frame, v1::RecordedFrame& api) {
  ToApi(frame.time, *api.mutable_time());
  api.set_incarnation(frame.incarnation.value);
  api.set_from_child(frame.from_child);
  api.set_size(frame.size);
  api.set_text(frame.text);
}

EventKinds KindsOf(const v1::WatchProxiesRequest& request) {
  if (request.kinds().empty()) return kAllKinds;
  EventKinds kinds = 0;
  for (const int kind : request.kinds()) kinds |= KindOf(kind);
  return kinds;
}

}  // namespace thespian::gateway
