#include "clients/cli/commands.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/admin_commands.h"
#include "clients/cli/attach_session.h"
#include "clients/cli/check/check_child.h"
#include "clients/cli/connect_options.h"
#include "clients/cli/event_text.h"
#include "clients/cli/exit_code.h"
#include "clients/cli/list_text.h"
#include "clients/cli/payload_text.h"
#include "clients/cli/reception.h"
#include "clients/cli/stop_signals.h"
#include "clients/cpp/client.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

using client::Client;

absl::StatusOr<Client> ConnectTo(const Options& options) {
  return client::Connect(ConnectOptionsOf(options));
}

absl::Status RunSend(const Options& options, const Streams& streams,
                     Client& client) {
  const absl::StatusOr<std::string> payload = ReadPayload(options.payload);
  if (!payload.ok()) return BadPayload(payload.status());
  const absl::StatusOr<Incarnation> taken_by =
      options.command == Command::kSend
          ? client.Send({.endpoint = options.endpoint,
                         .id = {options.to_id},
                         .incarnation = {options.incarnation}},
                        *payload)
          : client.SendNamed(
                {.endpoint = options.endpoint, .name = options.to_name},
                *payload);
  if (!taken_by.ok()) return taken_by.status();
  PrintLine(streams.output,
            fmt::format("sent to incarnation {}", taken_by->value));
  return absl::OkStatus();
}

absl::Status RunCall(const Options& options, const Streams& streams,
                     Client& client) {
  const absl::StatusOr<std::string> payload = ReadPayload(options.payload);
  if (!payload.ok()) return BadPayload(payload.status());
  const absl::StatusOr<client::Reply> reply =
      options.to_id != 0
          ? client.Call({.endpoint = options.endpoint, .id = {options.to_id}},
                        *payload)
          : client.CallNamed(
                {.endpoint = options.endpoint, .name = options.to_name},
                *payload);
  if (!reply.ok()) return reply.status();
  PrintLine(streams.output, options.hex ? HexPayload(reply->payload)
                                        : ShowPayload(reply->payload));
  return absl::OkStatus();
}

absl::Status RunReception(const Options& options, const Streams& streams) {
  const StopSignals signals;
  absl::StatusOr<Client> client = ConnectTo(options);
  if (!client.ok()) return client.status();
  Reception reception(options, streams, signals.fd());
  return options.command == Command::kLink ? reception.Link(*client)
                                           : reception.Listen(*client);
}

absl::Status RunAttach(const Options& options, const Streams& streams) {
  const StopSignals signals;
  absl::StatusOr<Client> client = ConnectTo(options);
  if (!client.ok()) return client.status();
  return AttachSession(options, streams, signals.fd()).Run(*client);
}

// Prints events until there are no more, or as many as were asked for.
bool PrintEvents(const Options& options, const Streams& streams,
                 client::Watch& watch) {
  v1::ProxyEvent event;
  for (uint64_t printed = 0; printed != options.count; ++printed) {
    if (!watch.Next(event)) return false;
    PrintLine(streams.output,
              options.json ? EventJson(event) : EventLine(event));
  }
  return true;
}

absl::Status RunWatch(const Options& options, const Streams& streams) {
  const StopSignals signals;
  absl::StatusOr<Client> client = ConnectTo(options);
  if (!client.ok()) return client.status();
  const std::unique_ptr<client::Watch> watch =
      client->WatchProxies({.endpoint = options.endpoint,
                            .after_sequence = options.after_sequence,
                            .epoch = options.epoch,
                            .skip_snapshot = options.skip_snapshot,
                            .kinds = options.kinds,
                            .include_payloads = options.payloads});
  const OnStop on_stop(signals.fd(), [&watch] { watch->Cancel(); });
  if (PrintEvents(options, streams, *watch)) return absl::OkStatus();
  absl::Status status = watch->Finish();
  if (on_stop.stopped()) return absl::OkStatus();
  if (watch->resume_after() != 0) {
    PrintLine(streams.notes,
              fmt::format("-- to go on: watch --after {} --epoch {}",
                          watch->resume_after(), watch->epoch()));
  }
  return status;
}

absl::Status RunProxies(const Options& options, const Streams& streams,
                        Client& client) {
  if (!options.json) PrintLine(streams.output, ProxyHead());
  return client.ListProxies(options.endpoint, [&](const v1::Proxy& proxy) {
    PrintLine(streams.output,
              options.json ? MessageJson(proxy) : ProxyLine(proxy));
    return true;
  });
}

absl::Status RunRelease(const Options& options, const Streams& streams,
                        Client& client) {
  const absl::StatusOr<Incarnation> incarnation =
      client.ReleaseProxy({.endpoint = options.endpoint,
                           .id = {options.to_id},
                           .incarnation = {options.incarnation}});
  if (!incarnation.ok()) return incarnation.status();
  PrintLine(streams.output, fmt::format("released {} of incarnation {}",
                                        options.to_id, incarnation->value));
  return absl::OkStatus();
}

absl::Status RunActors(const Options& options, const Streams& streams,
                       Client& client) {
  if (!options.json) PrintLine(streams.output, ActorHead());
  return client.ListLocalActors([&](const v1::LocalActor& actor) {
    PrintLine(streams.output,
              options.json ? MessageJson(actor) : ActorLine(actor));
    return true;
  });
}

absl::Status RunEndpoint(const Options& options, const Streams& streams,
                         Client& client) {
  const absl::StatusOr<v1::Endpoint> endpoint =
      client.GetEndpoint(options.endpoint);
  if (!endpoint.ok()) return endpoint.status();
  std::string text =
      options.json ? MessageJson(*endpoint) : EndpointDetails(*endpoint);
  if (text.ends_with('\n')) text.pop_back();
  PrintLine(streams.output, std::move(text));
  return absl::OkStatus();
}

absl::Status RunEndpoints(const Options& options, const Streams& streams,
                          Client& client) {
  const absl::StatusOr<std::vector<v1::Endpoint>> endpoints =
      client.ListEndpoints();
  if (!endpoints.ok()) return endpoints.status();
  PrintEndpoints(*endpoints, options.json, streams);
  return absl::OkStatus();
}

absl::Status RunCheckChild(const Options& options, const Streams& streams) {
  return CheckChild({.command = options.child,
                     .name = options.to_name,
                     .patience = absl::ToChronoMilliseconds(options.timeout)},
                    options.dialect, streams);
}

// The commands that SIGINT may simply end.
absl::Status RunPlain(const Options& options, const Streams& streams) {
  absl::StatusOr<Client> client = ConnectTo(options);
  if (!client.ok()) return client.status();
  switch (options.command) {
    case Command::kSend:
    case Command::kSendNamed:
      return RunSend(options, streams, *client);
    case Command::kCall:
      return RunCall(options, streams, *client);
    case Command::kProxies:
      return RunProxies(options, streams, *client);
    case Command::kRelease:
      return RunRelease(options, streams, *client);
    case Command::kActors:
      return RunActors(options, streams, *client);
    case Command::kEndpoint:
      return RunEndpoint(options, streams, *client);
    case Command::kEndpoints:
      return RunEndpoints(options, streams, *client);
    case Command::kAttach:
    case Command::kListen:
    case Command::kLink:
    case Command::kWatch:
    case Command::kStart:
    case Command::kStop:
    case Command::kRestart:
    case Command::kReload:
    case Command::kScale:
    case Command::kReplace:
    case Command::kFlight:
    case Command::kCheckChild:
      break;
  }
  return absl::InternalError("no plain command");
}

}  // namespace

absl::Status RunCommand(const Options& options, const Streams& streams) {
  switch (options.command) {
    case Command::kAttach:
      return RunAttach(options, streams);
    case Command::kListen:
    case Command::kLink:
      return RunReception(options, streams);
    case Command::kWatch:
      return RunWatch(options, streams);
    case Command::kSend:
    case Command::kSendNamed:
    case Command::kCall:
    case Command::kProxies:
    case Command::kRelease:
    case Command::kActors:
    case Command::kEndpoint:
    case Command::kEndpoints:
      return RunPlain(options, streams);
    case Command::kStart:
    case Command::kStop:
    case Command::kRestart:
    case Command::kReload:
    case Command::kScale:
    case Command::kReplace:
    case Command::kFlight:
      return RunAdminCommand(options, streams);
    case Command::kCheckChild:
      return RunCheckChild(options, streams);
  }
  return absl::InternalError("no such command");
}

}  // namespace thespian::gateway::cli
