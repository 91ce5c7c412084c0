#include "clients/cpp/conformance/unary_steps.h"

#include <string_view>
#include <variant>
#include <vector>

#include "clients/cpp/client.h"
#include "clients/cpp/conformance/requests.h"
#include "clients/cpp/conformance/seen.h"

namespace thespian::gateway::conformance {
namespace {

using nlohmann::json;

absl::StatusOr<client::Reply> Ask(client::Client client,
                                  const Message& message) {
  if (const auto* to = std::get_if<client::NamedActor>(&message.to)) {
    return client.CallNamed(*to, message.payload);
  }
  return client.Call(std::get<client::RemoteActor>(message.to),
                     message.payload);
}

absl::StatusOr<Incarnation> Say(client::Client client, const Message& message,
                                const client::Speaker& from) {
  if (const auto* to = std::get_if<client::NamedActor>(&message.to)) {
    return client.SendNamed(*to, message.payload, from);
  }
  return client.Send(std::get<client::RemoteActor>(message.to), message.payload,
                     from);
}

Outcome OutcomeOf(const absl::StatusOr<Incarnation>& taken) {
  if (!taken.ok()) return {.status = taken.status()};
  return {.result = {{"incarnation", taken->value}}};
}

}  // namespace

StepResult Call(Stage& stage, const Step& step) {
  const absl::StatusOr<Message> message = MessageOf(stage, step);
  if (!message.ok()) return message.status();
  const absl::StatusOr<client::Reply> reply =
      Ask(ClientOf(stage, step), *message);
  if (!reply.ok()) return Outcome{.status = reply.status()};
  return Outcome{.result = {{"from_id", reply->from.value},
                            {"incarnation", reply->incarnation.value},
                            {"payload", SeenPayload(reply->payload)}}};
}

StepResult SendUnary(Stage& stage, const Step& step) {
  const absl::StatusOr<Message> message = MessageOf(stage, step);
  if (!message.ok()) return message.status();
  const absl::StatusOr<client::Speaker> from = SpeakerOf(stage, step);
  if (!from.ok()) return from.status();
  return OutcomeOf(Say(ClientOf(stage, step), *message, *from));
}

StepResult Release(Stage& stage, const Step& step) {
  const absl::StatusOr<client::RemoteActor> actor =
      RemoteOf(stage, step, "remote_id");
  if (!actor.ok()) return actor.status();
  return OutcomeOf(ClientOf(stage, step).ReleaseProxy(*actor));
}

StepResult ListProxies(Stage& stage, const Step& step) {
  json list = json::array();
  const auto add = [&list](const v1::Proxy& proxy) {
    list.push_back(Seen(proxy));
    return true;
  };
  absl::Status status =
      ClientOf(stage, step).ListProxies(step.Text("endpoint"), add);
  return Outcome{.status = std::move(status), .result = std::move(list)};
}

StepResult ListLocalActors(Stage& stage, const Step& step) {
  json list = json::array();
  const auto add = [&list](const v1::LocalActor& actor) {
    list.push_back(Seen(actor));
    return true;
  };
  absl::Status status = ClientOf(stage, step).ListLocalActors(add);
  return Outcome{.status = std::move(status), .result = std::move(list)};
}

StepResult ListEndpoints(Stage& stage, const Step& step) {
  const absl::StatusOr<std::vector<v1::Endpoint>> endpoints =
      ClientOf(stage, step).ListEndpoints();
  if (!endpoints.ok()) return Outcome{.status = endpoints.status()};
  json list = json::array();
  for (const v1::Endpoint& endpoint : *endpoints) {
    list.push_back(Seen(endpoint));
  }
  return Outcome{.result = std::move(list)};
}

StepResult GetEndpoint(Stage& stage, const Step& step) {
  const absl::StatusOr<v1::Endpoint> endpoint =
      ClientOf(stage, step).GetEndpoint(step.Text("endpoint"));
  if (!endpoint.ok()) return Outcome{.status = endpoint.status()};
  return Outcome{.result = Seen(*endpoint)};
}

}  // namespace thespian::gateway::conformance
