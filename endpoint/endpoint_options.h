// What an endpoint is told when it is made, and what follows from that.
//
// Ownership: values. Facts outlive all that refers to them: the endpoint's.
#ifndef ENDPOINT_ENDPOINT_OPTIONS_H_
#define ENDPOINT_ENDPOINT_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/endpoint_state.h"
#include "endpoint/process/child_command.h"
#include "endpoint/session/frame_writer.h"
#include "endpoint/supervision/restart_policy.h"
#include "endpoint/supervision/supervisor.h"
#include "endpoint/wire/dialects.h"

namespace thespian::gateway {

struct EndpointOptions {
  std::string name = "default";
  ChildCommand command;
  // The address of a peer that runs already, which is dialled; empty: the
  // command is started.
  std::string connect;
  // A peer over TCP may be on another host.
  bool insecure_peers = false;
  // Started by the first message to it, and not at once.
  bool on_demand = false;
  // After this time without a call, a link or bytes that wait it is stopped,
  // until the next message; 0: never.
  std::chrono::milliseconds idle_stop{0};
  size_t max_frame_bytes = 4u << 20;
  Dialect dialect = Dialect::kPlain;
  ControlPayloads control = ControlPayloads::kAllow;
  // The names that clients may send to; "*": any. Empty: any, but for attached
  // actors in a thespian dialect, whose next message would end the child after
  // a wrong name.
  std::vector<std::string> names;
  // How long a thespian child is not told of the end of an actor that it may
  // still answer.
  std::chrono::milliseconds exit_linger{60'000};
  FrameWriter::Limits queue;
  size_t max_proxies = 0;  // 0: any number
  // How long a proxy may be idle before it is released; 0: for ever.
  std::chrono::milliseconds proxy_idle_timeout{0};
  RestartOptions restart;
  HangOptions hang;
  // Frames that are not understood end the incarnation.
  bool strict_protocol = false;

  bool operator==(const EndpointOptions&) const = default;
};

// Constant as long as the endpoint lives.
struct EndpointFacts {
  // `name` stands for the endpoint in events; see EventJournal::NameOf.
  EndpointFacts(EndpointOptions options, EndpointName name, uint8_t group = 0);

  const EndpointOptions options;
  const EndpointName name;
  const uint8_t group;  // see LocalActor::NoteKnownTo
  const DialectRow& dialect;
  // Largest frame that is written to the child, with its head.
  const size_t max_outgoing_frame_bytes;
  // Of the writer to the child: a batch that waited for room always finds it.
  const FrameWriter::Limits queue_limits;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ENDPOINT_OPTIONS_H_
