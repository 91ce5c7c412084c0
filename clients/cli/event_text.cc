#include "clients/cli/event_text.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "clients/cli/payload_text.h"
#include "clients/cli/printable.h"
#include "endpoint/json/json_payload.h"
#include "fmt/format.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::cli {
namespace {

using nlohmann::ordered_json;

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime(
      "%Y-%m-%dT%H:%M:%E3SZ",
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()),
      absl::UTCTimeZone());
}

std::string ActorText(uint64_t id) {
  return id == 0 ? "anonymous" : fmt::format("{}", id);
}

// "7 -> echo (15 bytes)" of any event that has a sender, target and size.
template <typename Event>
std::string RouteText(const Event& event) {
  return fmt::format("{} -> {} ({} bytes)", ActorText(event.from_id()),
                     event.has_to_name() ? Printable(event.to_name())
                                         : ActorText(event.to_id()),
                     event.size());
}

template <typename Event>
std::string MessageText(std::string_view verb, const Event& event) {
  std::string text = fmt::format("{} {}", verb, RouteText(event));
  if (!event.payload().empty()) text += " " + ShowPayload(event.payload());
  return text;
}

// ": words", or nothing.
std::string Because(std::string_view words) {
  return words.empty() ? "" : fmt::format(": {}", Printable(words));
}

std::string Text(const v1::EndpointStateChanged& event) {
  std::string text = fmt::format("endpoint {}", StateText(event.state()));
  if (event.pid() != 0) text += fmt::format(" pid {}", event.pid());
  const bool said =
      !event.reason().empty() && event.exit().reason() == event.reason();
  if (event.has_exit() && !said) {
    text += fmt::format(", last child: {}", ExitText(event.exit()));
  }
  return text + Because(event.reason());
}

std::string CauseText(v1::ProxyCloseCause cause) {
  switch (cause) {
    case v1::PROXY_CLOSE_CAUSE_EXIT:
      return "exit";
    case v1::PROXY_CLOSE_CAUSE_RELEASED:
      return "released";
    case v1::PROXY_CLOSE_CAUSE_TRANSPORT_CLOSED:
      return "transport closed";
    default:
      return "unknown cause";
  }
}

std::string Text(const v1::ProxyClosed& event) {
  return fmt::format("proxy closed {} ({}){}", event.remote_id(),
                     CauseText(event.cause()), Because(event.reason()));
}

std::string Text(const v1::LinkCreated& event) {
  return fmt::format("link created remote {} - local {}, asked for by the {}",
                     event.remote_id(), event.local_id(),
                     event.by_remote() ? "remote" : "local");
}

std::string Text(const v1::LinkClosed& event) {
  return fmt::format("link closed remote {} - local {}{}", event.remote_id(),
                     event.local_id(), Because(event.reason()));
}

std::string Text(const v1::MessageUndeliverable& event) {
  return fmt::format("undeliverable {}, {} the child{}", RouteText(event),
                     event.from_child() ? "from" : "to",
                     Because(event.reason()));
}

std::string Text(const v1::StderrLine& event) {
  return fmt::format("stderr: {}{}", Printable(event.line()),
                     event.truncated() ? " (cut)" : "");
}

std::string WhatHappened(const v1::ProxyEvent& event) {
  switch (event.event_case()) {
    case v1::ProxyEvent::kEndpointStateChanged:
      return Text(event.endpoint_state_changed());
    case v1::ProxyEvent::kProxyCreated:
      return fmt::format("proxy created {}", event.proxy_created().remote_id());
    case v1::ProxyEvent::kProxyClosed:
      return Text(event.proxy_closed());
    case v1::ProxyEvent::kMessageReceived:
      return MessageText("received", event.message_received());
    case v1::ProxyEvent::kMessageSent:
      return MessageText("sent", event.message_sent());
    case v1::ProxyEvent::kLinkCreated:
      return Text(event.link_created());
    case v1::ProxyEvent::kLinkClosed:
      return Text(event.link_closed());
    case v1::ProxyEvent::kMessageUndeliverable:
      return Text(event.message_undeliverable());
    case v1::ProxyEvent::kFrameRejected:
      return fmt::format("frame rejected ({} bytes){}",
                         event.frame_rejected().size(),
                         Because(event.frame_rejected().reason()));
    case v1::ProxyEvent::kProtocolWarning:
      return fmt::format("protocol warning: {}; {}",
                         Printable(event.protocol_warning().text()),
                         Printable(event.protocol_warning().hint()));
    case v1::ProxyEvent::kStderrLine:
      return Text(event.stderr_line());
    case v1::ProxyEvent::kSnapshotComplete:
      return fmt::format("snapshot complete: {} proxies",
                         event.snapshot_complete().proxies());
    case v1::ProxyEvent::kGap:
      return fmt::format("gap: message events in {} to {} were dropped",
                         event.gap().first_sequence(),
                         event.gap().last_sequence());
    case v1::ProxyEvent::kHeartbeat:
      return "heartbeat";
    case v1::ProxyEvent::EVENT_NOT_SET:
      break;
  }
  return "an event that this program does not know";
}

template <typename Event>
void AddPayloadJson(const Event& event, ordered_json& object) {
  const absl::StatusOr<std::string> json = CborToJson(event.payload());
  if (!json.ok()) return;
  object["payload_json"] =
      ordered_json::parse(*json, /*cb=*/nullptr, /*allow_exceptions=*/false);
}

}  // namespace

std::string StateText(v1::EndpointState state) {
  const std::string name = v1::EndpointState_Name(state);
  return absl::AsciiStrToLower(absl::StripPrefix(name, "ENDPOINT_STATE_"));
}

std::string ExitText(const v1::ChildExit& exit) {
  std::string text = "status unknown";
  if (exit.has_signal()) text = fmt::format("signal {}", exit.signal());
  if (exit.has_exit_code()) {
    text = fmt::format("exit code {}", exit.exit_code());
  }
  if (exit.core_dumped()) text += " (core dumped)";
  // The words often name the code or the signal, too.
  const bool said = exit.reason().find(text) != std::string::npos;
  return said ? Printable(exit.reason()) : text + Because(exit.reason());
}

std::string MessageJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "{}";
}

std::string EventLine(const v1::ProxyEvent& event) {
  const std::string child =
      event.endpoint().empty()
          ? "-"
          : fmt::format("{}/{}", Printable(event.endpoint()),
                        event.incarnation());
  return fmt::format("{} #{} {} {}", TimeText(event.time()), event.sequence(),
                     child, WhatHappened(event));
}

std::string EventJson(const v1::ProxyEvent& event) {
  std::string json = MessageJson(event);
  if (event.message_received().payload().empty() &&
      event.message_sent().payload().empty()) {
    return json;
  }
  ordered_json object =
      ordered_json::parse(json, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (event.has_message_received()) {
    AddPayloadJson(event.message_received(), object["message_received"]);
  } else {
    AddPayloadJson(event.message_sent(), object["message_sent"]);
  }
  return object.dump(/*indent=*/-1, /*indent_char=*/' ', /*ensure_ascii=*/false,
                     ordered_json::error_handler_t::replace);
}

}  // namespace thespian::gateway::cli
