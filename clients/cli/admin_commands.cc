#include "clients/cli/admin_commands.h"

#include <vector>

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

absl::StatusOr<v1::Endpoint> Change(const Options& options,
                                    AdminClient& client) {
  switch (options.command) {
    case Command::kStart:
      return client.StartEndpoint(options.endpoint);
    case Command::kStop:
      return client.StopEndpoint(options.endpoint);
    default:
      return client.RestartEndpoint(options.endpoint);
  }
}

}  // namespace

absl::Status RunAdminCommand(const Options& options, const Streams& streams) {
  absl::StatusOr<AdminClient> client = client::ConnectAdmin(
      {.address = options.address, .deadline = options.timeout});
  if (!client.ok()) return client.status();
  if (options.command == Command::kFlight) {
    return PrintFlight(options, streams, *client);
  }
  const absl::StatusOr<v1::Endpoint> endpoint = Change(options, *client);
  if (!endpoint.ok()) return endpoint.status();
  PrintLine(streams.output, EndpointHead());
  PrintLine(streams.output, EndpointLine(*endpoint));
  return absl::OkStatus();
}

}  // namespace thespian::gateway::cli
