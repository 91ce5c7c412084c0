#include "clients/cli/list_text.h"

#include <cstdint>
#include <map>
#include <string_view>

#include "absl/time/time.h"
#include "clients/cli/event_text.h"
#include "clients/cli/printable.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace thespian::gateway::cli {
namespace {

constexpr char kProxyColumns[] = "{:<20} {:>11} {:<20} {:>9} {:>9} {:>5}";
constexpr char kActorColumns[] = "{:<16} {:<20} {:>8} {}";
constexpr char kEndpointColumns[] = "{:<16} {:<12} {:>8} {:>11} {:>10} {:>8}";

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                          absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string UptimeText(const v1::Endpoint& endpoint) {
  if (!endpoint.has_uptime()) return "-";
  return absl::FormatDuration(absl::Seconds(endpoint.uptime().seconds()));
}

std::string CommandText(const v1::Endpoint& endpoint) {
  std::string text;
  for (const std::string& word : endpoint.command()) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", Printable(word));
  }
  return text;
}

std::string NameOf(const v1::LocalActor& actor) {
  if (!actor.has_relayed()) {
    return actor.name().empty() ? "-" : Printable(actor.name());
  }
  const v1::RelayedActor& relayed = actor.relayed();
  return fmt::format("(relayed: {} of {}, incarnation {}, to {})",
                     relayed.remote_id(), Printable(relayed.endpoint()),
                     relayed.incarnation(), Printable(relayed.to_endpoint()));
}

std::string Names(const google::protobuf::RepeatedPtrField<std::string>& all) {
  return all.empty() ? "-" : Printable(fmt::format("{}", fmt::join(all, ",")));
}

template <typename Value>
std::string Row(std::string_view name, const Value& value) {
  return fmt::format("{:<26} {}\n", name, value);
}

std::string LastExit(const v1::Endpoint& endpoint) {
  if (!endpoint.has_last_exit()) return Row("last_exit", "-");
  std::string rows = Row("last_exit", ExitText(endpoint.last_exit()));
  for (const std::string& line : endpoint.last_exit().stderr_lines()) {
    rows += Row("", "| " + Printable(line));
  }
  for (const std::string& hint : endpoint.last_exit().hints()) {
    rows += Row("hint", Printable(hint));
  }
  return rows;
}

std::string Limits(const v1::EndpointLimits& limits) {
  return Row("max_frame_bytes", limits.max_frame_bytes()) +
         Row("max_outgoing_frame_bytes", limits.max_outgoing_frame_bytes()) +
         Row("dialect", Printable(limits.dialect())) +
         Row("max_payload_bytes", limits.max_payload_bytes()) +
         Row("names",
             Printable(fmt::format("{}", fmt::join(limits.names(), ",")))) +
         Row("queue_bytes", limits.queue_bytes());
}

std::string RowsByReason(
    std::string_view name,
    const google::protobuf::Map<std::string, uint64_t>& counts) {
  const std::map<std::string, uint64_t> sorted(counts.begin(), counts.end());
  std::string rows;
  for (const auto& [reason, count] : sorted) {
    rows += Row(fmt::format("{}.{}", name, Printable(reason)), count);
  }
  return rows;
}

// What only some endpoints have.
std::string Surroundings(const v1::Endpoint& endpoint) {
  std::string rows;
  if (!endpoint.pool().empty() && endpoint.pool() != endpoint.name()) {
    rows += Row("pool", Printable(endpoint.pool()));
  }
  if (!endpoint.connect().empty()) {
    rows += Row("connect", Printable(endpoint.connect()));
  }
  if (endpoint.draining_incarnations_size() > 0) {
    rows += Row(
        "draining_incarnations",
        fmt::format("{}", fmt::join(endpoint.draining_incarnations(), ",")));
  }
  return rows;
}

std::string Lane(const v1::RelayLane& lane) {
  const std::string name =
      fmt::format("relay.{}", Printable(lane.to_endpoint()));
  return Row(name + ".messages_in", lane.messages_in()) +
         Row(name + ".messages_out", lane.messages_out()) +
         Row(name + ".dropped", lane.dropped()) +
         Row(name + ".waiting", lane.waiting()) +
         RowsByReason(name + ".refused", lane.refused());
}

std::string Lanes(const v1::Endpoint& endpoint) {
  std::string rows;
  for (const v1::RelayLane& lane : endpoint.relays()) rows += Lane(lane);
  return rows;
}

std::string Counters(const v1::EndpointCounters& counters) {
  std::string rows;
  const auto* reflection = counters.GetReflection();
  const auto* descriptor = counters.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->is_repeated()) continue;
    rows += Row(field->name(), reflection->GetUInt64(counters, field));
  }
  return rows + RowsByReason("dropped", counters.dropped()) +
         RowsByReason("undeliverable", counters.undeliverable()) +
         RowsByReason("unread", counters.unread()) +
         RowsByReason("skipped_by_reason", counters.skipped_by_reason());
}

}  // namespace

std::string ProxyHead() {
  return fmt::format(kProxyColumns, "ID", "INCARNATION", "CREATED", "RECEIVED",
                     "SENT", "LINKS");
}

std::string ProxyLine(const v1::Proxy& proxy) {
  return fmt::format(kProxyColumns, proxy.remote_id(), proxy.incarnation(),
                     TimeText(proxy.create_time()), proxy.messages_received(),
                     proxy.messages_sent(), proxy.links());
}

std::string ActorHead() {
  return fmt::format(kActorColumns, "ID", "SINCE", "WAITING", "NAME");
}

// The name comes last: it may be long, and most have none.
std::string ActorLine(const v1::LocalActor& actor) {
  return fmt::format(kActorColumns, actor.id(), TimeText(actor.create_time()),
                     actor.mailbox_depth(), NameOf(actor));
}

std::string EndpointHead() {
  return fmt::format(kEndpointColumns, "NAME", "STATE", "PID", "INCARNATION",
                     "UPTIME", "RESTARTS");
}

std::string EndpointLine(const v1::Endpoint& endpoint) {
  return fmt::format(kEndpointColumns, Printable(endpoint.name()),
                     StateText(endpoint.state()), endpoint.pid(),
                     endpoint.incarnation(), UptimeText(endpoint),
                     endpoint.restarts());
}

void PrintEndpoints(const std::vector<v1::Endpoint>& endpoints, bool json,
                    const Streams& streams) {
  if (!json) PrintLine(streams.output, EndpointHead());
  for (const v1::Endpoint& endpoint : endpoints) {
    PrintLine(streams.output,
              json ? MessageJson(endpoint) : EndpointLine(endpoint));
  }
}

std::string ReloadText(const v1::ReloadResponse& reloaded) {
  return fmt::format(
      "added      {}\nremoved    {}\nchanged    {}\nunchanged  {}",
      Names(reloaded.added()), Names(reloaded.removed()),
      Names(reloaded.changed()), Names(reloaded.unchanged()));
}

std::string FrameLine(const v1::RecordedFrame& frame) {
  const auto time = absl::FromUnixSeconds(frame.time().seconds()) +
                    absl::Nanoseconds(frame.time().nanos());
  return fmt::format(
      "{} {} {} {:>7} {}",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()),
      frame.incarnation(), frame.from_child() ? "from" : "to  ", frame.size(),
      Printable(frame.text()));
}

std::string EndpointDetails(const v1::Endpoint& endpoint) {
  return Row("name", Printable(endpoint.name())) +
         Row("state", StateText(endpoint.state())) +
         Row("reason", Printable(endpoint.state_reason())) +
         Row("command", CommandText(endpoint)) + Row("pid", endpoint.pid()) +
         Row("incarnation", endpoint.incarnation()) +
         Row("uptime", UptimeText(endpoint)) +
         Row("restarts", endpoint.restarts()) + Surroundings(endpoint) +
         LastExit(endpoint) + Limits(endpoint.limits()) +
         Counters(endpoint.counters()) + Lanes(endpoint);
}

}  // namespace thespian::gateway::cli
