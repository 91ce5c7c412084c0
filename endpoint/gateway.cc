#include "endpoint/gateway.h"

#include <algorithm>
#include <random>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/error.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kDefaultName = "default";

// Looks at every byte, whatever differs.
bool EqualInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

RestartPolicy::Chance MakeChance() {
  std::random_device seed;
  return [engine = std::mt19937(seed()),
          range = std::uniform_real_distribution<double>()]() mutable {
    return range(engine);
  };
}

}  // namespace

absl::Status ShuttingDownError() {
  return MakeError(ErrorReason::kShuttingDown, "the gateway is shutting down");
}

Gateway::Gateway(const Clock& clock, spdlog::logger& log,
                 GatewayOptions options)
    : clock_(clock),
      log_(log),
      options_(options),
      journal_(clock, options.journal),
      locals_(clock, options.max_local_actors) {}

Endpoint& Gateway::AddEndpoint(
    const EndpointOptions& options,
    absl::AnyInvocable<void(EndpointState)> on_state) {
  const auto place = std::lower_bound(
      endpoints_.begin(), endpoints_.end(), options.name,
      [](const std::unique_ptr<Endpoint>& endpoint, const std::string& name) {
        return endpoint->name() < name;
      });
  Check(place == endpoints_.end() || (*place)->name() != options.name,
        "endpoints have different names");
  EndpointDeps deps = {.clock = clock_,
                       .journal = journal_,
                       .locals = locals_,
                       .log = log_,
                       .on_state = std::move(on_state),
                       .chance = MakeChance()};
  return **endpoints_.insert(
      place, std::make_unique<Endpoint>(options, std::move(deps)));
}

absl::StatusOr<Endpoint*> Gateway::FindEndpoint(std::string_view name) const {
  if (name.empty() && endpoints_.size() == 1) return endpoints_.front().get();
  const std::string_view wanted = name.empty() ? kDefaultName : name;
  for (const std::unique_ptr<Endpoint>& endpoint : endpoints_) {
    if (endpoint->name() == wanted) return endpoint.get();
  }
  return MakeFieldError(ErrorReason::kEndpointUnknown, "endpoint",
                        fmt::format("there is no endpoint '{}'", wanted));
}

std::vector<Endpoint*> Gateway::Endpoints() const {
  std::vector<Endpoint*> endpoints;
  for (const auto& endpoint : endpoints_) endpoints.push_back(endpoint.get());
  return endpoints;
}

absl::Status Gateway::OpenActor(const std::shared_ptr<LocalActor>& actor,
                                std::string_view name) {
  if (stopping_) return ShuttingDownError();
  return locals_.Open(actor, name);
}

void Gateway::CloseActor(const std::shared_ptr<LocalActor>& actor) {
  locals_.Remove(actor->id());
  actor->mailbox().Close();
}

void Gateway::EndActor(const std::shared_ptr<LocalActor>& actor,
                       std::string reason) {
  CloseActor(actor);
  if (actor->End(std::move(reason))) EndInSessions(actor);
}

void Gateway::EndInSessions(const std::shared_ptr<LocalActor>& actor) {
  for (const auto& endpoint : endpoints_) endpoint->sender().EndLocal(actor);
}

absl::StatusOr<std::shared_ptr<LocalActor>> Gateway::Authorize(
    LocalId id, std::string_view token) const {
  std::shared_ptr<LocalActor> actor = locals_.Find(id);
  if (actor != nullptr && EqualInConstantTime(actor->token(), token)) {
    return actor;
  }
  return MakeFieldError(
      ErrorReason::kActorNotYours, "from_id",
      fmt::format("from_id {} is not an attached actor whose token is in the "
                  "metadata x-actor-token",
                  id.value));
}

Gateway::Speech::Speech(Gateway& gateway, std::shared_ptr<LocalActor> actor)
    : gateway_(gateway),
      actor_(std::move(actor)),
      allowed_(actor_ == nullptr || actor_->BeginSpeaking()) {}

Gateway::Speech::~Speech() {
  if (actor_ == nullptr || !allowed_) return;
  if (actor_->EndSpeaking()) gateway_.EndInSessions(actor_);
}

}  // namespace thespian::gateway
