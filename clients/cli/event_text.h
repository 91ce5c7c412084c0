// Events of the remote actors, one line each.
//
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CLI_EVENT_TEXT_H_
#define CLIENTS_CLI_EVENT_TEXT_H_

#include <string>

#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::cli {

// For people: "TIME #SEQUENCE ENDPOINT/INCARNATION what happened".
std::string EventLine(const v1::ProxyEvent& event);

// For programs: the event in protobuf's JSON, with the names of the .proto. A
// message event whose payload is whole has it as `payload_json`, too.
std::string EventJson(const v1::ProxyEvent& event);

// "running" for ENDPOINT_STATE_RUNNING.
std::string StateText(v1::EndpointState state);

// "exit code 1" or "signal 9", whether it left a core, and the cause in words.
std::string ExitText(const v1::ChildExit& exit);

// Any message in protobuf's JSON, on one line, with the names of the .proto.
std::string MessageJson(const google::protobuf::Message& message);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_EVENT_TEXT_H_
