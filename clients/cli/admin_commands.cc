#include "clients/cli/admin_commands.h"

#include <utility>
#include <vector>

#include "clients/cli/connect_options.h"
#include "clients/cli/event_text.h"
#include "clients/cli/list_text.h"
#include "clients/cpp/admin.h"

namespace thespian::gateway::cli {
namespace {

using client::AdminClient;

absl::Status PrintFlight(const Options& options, const Streams& streams,
                         AdminClient& client) {
  const absl::StatusOr<std::vector<v1::RecordedFrame>> frames =
      client.GetFlightRecord(options.endpoint);
  if (!frames.ok()) return frames.status();
  for (const v1::RecordedFrame& frame : *frames) {
    PrintLine(streams.output,
              options.json ? MessageJson(frame) : FrameLine(frame));
  }
  return absl::OkStatus();
}

// The endpoints that the command was about, as they are then.
absl::StatusOr<std::vector<v1::Endpoint>> Change(const Options& options,
                                                 AdminClient& client) {
  if (options.command == Command::kScale) {
    return client.ScaleEndpoint(options.endpoint, options.replicas);
  }
  if (options.command == Command::kReplace) {
    return client.ReplaceEndpoint(options.endpoint);
  }
  absl::StatusOr<v1::Endpoint> endpoint =
      options.command == Command::kStart
          ? client.StartEndpoint(options.endpoint)
      : options.command == Command::kStop
          ? client.StopEndpoint(options.endpoint)
          : client.RestartEndpoint(options.endpoint);
  if (!endpoint.ok()) return endpoint.status();
  return std::vector<v1::Endpoint>{*std::move(endpoint)};
}

absl::Status PrintChanged(const Options& options, const Streams& streams,
                          AdminClient& client) {
  const absl::StatusOr<std::vector<v1::Endpoint>> endpoints =
      Change(options, client);
  if (!endpoints.ok()) return endpoints.status();
  PrintEndpoints(*endpoints, options.json, streams);
  return absl::OkStatus();
}

absl::Status PrintReload(const Options& options, const Streams& streams,
                         AdminClient& client) {
  const absl::StatusOr<v1::ReloadResponse> reloaded = client.Reload();
  if (!reloaded.ok()) return reloaded.status();
  PrintLine(streams.output,
            options.json ? MessageJson(*reloaded) : ReloadText(*reloaded));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunAdminCommand(const Options& options, const Streams& streams) {
  absl::StatusOr<AdminClient> client =
      client::ConnectAdmin(ConnectOptionsOf(options));
  if (!client.ok()) return client.status();
  switch (options.command) {
    case Command::kFlight:
      return PrintFlight(options, streams, *client);
    case Command::kReload:
      return PrintReload(options, streams, *client);
    default:
      return PrintChanged(options, streams, *client);
  }
}

}  // namespace thespian::gateway::cli
