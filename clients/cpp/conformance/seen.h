// The messages of the API as scenarios write them: fields by name, numbers as
// numbers, enumerators without their prefix, payloads decoded.
//
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CPP_CONFORMANCE_SEEN_H_
#define CLIENTS_CPP_CONFORMANCE_SEEN_H_

#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::conformance {

nlohmann::json Seen(const google::protobuf::Message& message);

// {kind: fields}; null if the event is of no kind that is known here.
nlohmann::json SeenEvent(const v1::ProxyEvent& event);

// The bytes themselves if they can't be decoded.
nlohmann::json SeenPayload(std::string_view cbor);

nlohmann::json SeenError(const absl::Status& status);

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_SEEN_H_
