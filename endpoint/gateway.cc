#include "endpoint/gateway.h"

#include <random>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/error.h"
#include "endpoint/loop/outcome.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

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
      locals_(clock, options.max_local_actors),
      relays_({.locals = locals_,
               .journal = journal_,
               .host = *this,
               .mailbox = options.mailbox}),
      doors_(*this, log),
      operations_(*this, log) {
  directory_.OnChange([this] { TellChange(); });
}

Gateway::~Gateway() = default;

// --- Endpoints -------------------------------------------------------------

std::vector<EndpointHandle> Gateway::AddPool(PoolOptions options) {
  const auto pool = std::make_shared<Pool>(std::move(options));
  Check(directory_.FindPool(pool->name()) == nullptr,
        "pools have different names");
  directory_.PutPool(pool);
  std::vector<EndpointHandle> members;
  for (size_t i = 0; i < pool->first_size(); ++i) {
    members.push_back(MakeMember(*pool, pool->MemberName(i)));
    directory_.Put(pool->name(), members.back());
  }
  return members;
}

Endpoint& Gateway::AddEndpoint(const EndpointOptions& options) {
  return *AddPool({.member = options}).front();
}

EndpointHandle Gateway::MakeMember(const Pool& pool, const std::string& name,
                                   std::optional<AcceptedPeer> accepted) {
  constexpr uint8_t kGroups = 64;
  EndpointOptions options = pool.options().member;
  options.name = name;
  const bool one_run = accepted.has_value();
  EndpointDeps deps = {
      .clock = clock_,
      .journal = journal_,
      .locals = locals_,
      .log = log_,
      .on_state =
          [this, name, one_run](EndpointState state) {
            TellChange();
            if (one_run && IsOver(state)) doors_.NoteOver(name);
          },
      .chance = MakeChance(),
      .incarnations = directory_.IncarnationsOf(name),
      .known_to_group = static_cast<uint8_t>(next_group_++ % kGroups),
      .accepted = std::move(accepted),
      .relays = &relays_,
      .routes = Routes(pool.options().routes)};
  return directory_.Own(std::make_unique<Endpoint>(options, std::move(deps)));
}

std::vector<absl::Status> Gateway::StartEndpoints() {
  const std::vector<EndpointHandle> endpoints = Endpoints();
  std::vector<std::shared_ptr<Outcome>> outcomes;
  outcomes.reserve(endpoints.size());
  for (const EndpointHandle& endpoint : endpoints) {
    const auto outcome = std::make_shared<Outcome>();
    endpoint->BeginStart(
        [outcome](const absl::Status& status) { outcome->Set(status); });
    outcomes.push_back(outcome);
  }
  std::vector<absl::Status> started;
  started.reserve(outcomes.size());
  for (const std::shared_ptr<Outcome>& outcome : outcomes) {
    started.push_back(outcome->Wait());
  }
  return started;
}

void Gateway::EndEndpoints() {
  operations_.Stop();
  doors_.CloseAll();
  const std::vector<EndpointHandle> all = directory_.All();
  for (const EndpointHandle& endpoint : all) endpoint->End();
  for (const EndpointHandle& endpoint : all) endpoint->Join();
}

void Gateway::TellChange() const {
  for (const OnState& on_state : on_state_) on_state();
}

// --- Relays ----------------------------------------------------------------

std::shared_ptr<SessionSender> Gateway::FindMember(
    std::string_view pool, absl::FunctionRef<LocalId()> sender) {
  const std::shared_ptr<Pool> found = directory_.FindPool(pool);
  if (found == nullptr) return nullptr;
  EndpointChoice choice;
  if (found->options().balance == Balance::kBySender) choice.sender = sender();
  const absl::StatusOr<EndpointHandle> member = directory_.Find(pool, choice);
  if (!member.ok()) return nullptr;
  return {*member, &(*member)->sender()};
}

std::shared_ptr<SessionSender> Gateway::FindIncarnation(
    std::string_view endpoint, Incarnation incarnation) {
  const absl::StatusOr<EndpointHandle> found =
      directory_.Find(endpoint, {.one = true, .incarnation = incarnation});
  if (!found.ok()) return nullptr;
  return {*found, &(*found)->sender()};
}

// --- Local actors ----------------------------------------------------------

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
  if (actor->End(std::move(reason))) directory_.EndLocal(actor);
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

Gateway::ActorUse::ActorUse(Gateway& gateway, std::shared_ptr<LocalActor> actor,
                            const Endpoint& endpoint)
    : gateway_(gateway),
      actor_(std::move(actor)),
      allowed_(actor_ == nullptr || actor_->BeginUse()) {
  if (actor_ != nullptr && allowed_) {
    actor_->NoteKnownTo(endpoint.known_to_group());
  }
}

Gateway::ActorUse::~ActorUse() {
  if (actor_ == nullptr || !allowed_) return;
  if (actor_->EndUse()) gateway_.directory_.EndLocal(actor_);
}

}  // namespace thespian::gateway
