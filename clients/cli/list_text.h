// Proxies, attached clients, endpoints and reloads as text.
//
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CLI_LIST_TEXT_H_
#define CLIENTS_CLI_LIST_TEXT_H_

#include <string>
#include <vector>

#include "clients/cli/streams.h"
#include "thespian/gateway/v1/admin.pb.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::cli {

// One line each, in columns that agree with the head's.
std::string ProxyHead();
std::string ProxyLine(const v1::Proxy& proxy);
std::string ActorHead();
std::string ActorLine(const v1::LocalActor& actor);
std::string EndpointHead();
std::string EndpointLine(const v1::Endpoint& endpoint);

// A head and a line each, or a JSON object each.
void PrintEndpoints(const std::vector<v1::Endpoint>& endpoints, bool json,
                    const Streams& streams);

// A frame of the flight record.
std::string FrameLine(const v1::RecordedFrame& frame);

// What a reload did, without a newline at the end.
std::string ReloadText(const v1::ReloadResponse& reloaded);

// Everything about one endpoint, in lines of "name  value".
std::string EndpointDetails(const v1::Endpoint& endpoint);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_LIST_TEXT_H_
