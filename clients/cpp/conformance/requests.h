// What a step asks for, in the client library's terms.
//
// Threads:   thread-compatible.
// Errors:    INVALID_ARGUMENT: the scenario is wrong.
#ifndef CLIENTS_CPP_CONFORMANCE_REQUESTS_H_
#define CLIENTS_CPP_CONFORMANCE_REQUESTS_H_

#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "clients/cpp/client.h"
#include "clients/cpp/conformance/stage.h"
#include "clients/cpp/conformance/step.h"

namespace thespian::gateway::conformance {

struct Message {
  std::variant<client::RemoteActor, client::NamedActor> to;
  std::string payload;  // CBOR, if the scenario doesn't want otherwise
};

// A client whose calls end with the step, or before, after its `deadline_ms`.
client::Client ClientOf(const Stage& stage, const Step& step);

// The actor whose id stands at `key`.
absl::StatusOr<client::RemoteActor> RemoteOf(const Stage& stage,
                                             const Step& step,
                                             std::string_view key);

absl::StatusOr<Message> MessageOf(const Stage& stage, const Step& step);

// Whom a unary send speaks for.
absl::StatusOr<client::Speaker> SpeakerOf(const Stage& stage, const Step& step);

absl::StatusOr<client::WatchOptions> WatchOptionsOf(const Stage& stage,
                                                    const Step& step);

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_REQUESTS_H_
