// Everything behind the RPCs: the endpoints, the local actors that they share,
// and the journal of what happens.
//
// Ownership: owns the endpoints, the registry of local actors and the journal.
// Threads:   safe from any thread, except OnStateChange, Tick and the
//   destructor, which are the owner's.
// Errors:    as the API says, by MakeError.
// Memory:    the sum of its parts; see docs/architecture.md.
#ifndef ENDPOINT_GATEWAY_H_
#define ENDPOINT_GATEWAY_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/clock.h"
#include "endpoint/directory/endpoint_directory.h"
#include "endpoint/directory/operations.h"
#include "endpoint/directory/peer_doors.h"
#include "endpoint/directory/pool.h"
#include "endpoint/endpoint.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/peer/accepted_peer.h"
#include "endpoint/relay/relays.h"

namespace spdlog {
class logger;
}

namespace thespian::gateway {

struct GatewayOptions {
  EventJournal::Capacity journal;
  size_t max_local_actors = 100'000;
  size_t max_watchers = 1'000;
  MailboxLimits mailbox;
};

class Gateway : private RelayHost {
 public:
  // Called after every change of any endpoint's state, on that endpoint's loop,
  // and after every change of the directory, by whoever made it.
  using OnState = std::function<void()>;

  Gateway(const Clock& clock, spdlog::logger& log, GatewayOptions options);
  ~Gateway() override;

  // To be called before an endpoint is started.
  void OnStateChange(OnState on_state) {
    on_state_.push_back(std::move(on_state));
  }

  // Makes a pool with its members, which are not started yet. Its name must be
  // new. A pool that peers dial into has none.
  std::vector<EndpointHandle> AddPool(PoolOptions options);
  // The same of an endpoint that stands alone.
  Endpoint& AddEndpoint(const EndpointOptions& options);

  // Makes an endpoint that serves in no pool yet: member `name` of `pool`,
  // whose incarnations are numbered after those of earlier ones of the name.
  EndpointHandle MakeMember(const Pool& pool, const std::string& name,
                            std::optional<AcceptedPeer> accepted = {});

  // The endpoint that a request means; see EndpointDirectory::Find.
  absl::StatusOr<EndpointHandle> FindEndpoint(
      std::string_view name, const EndpointChoice& choice = {}) const {
    return directory_.Find(name, choice);
  }
  // The same of a request that is about one endpoint.
  absl::StatusOr<EndpointHandle> FindOneEndpoint(
      std::string_view name, Incarnation incarnation = {}) const {
    return directory_.Find(name, {.one = true, .incarnation = incarnation});
  }

  // In service, ordered by name.
  std::vector<EndpointHandle> Endpoints() const { return directory_.Members(); }
  EndpointDirectory& directory() { return directory_; }
  PeerDoors& doors() { return doors_; }
  const EndpointDirectory& directory() const { return directory_; }

  // Starts all endpoints at once, and returns when each has come up or failed:
  // how that went, in the order of Endpoints.
  std::vector<absl::Status> StartEndpoints();

  // Peers can dial in to the pools that are for that. Why not, if an address
  // can't be listened on.
  absl::Status OpenDoors() { return doors_.OpenAll(); }

  // What changes the endpoints while they serve.
  Operations& operations() { return operations_; }

  // Ends all endpoints, and returns when they have ended. No operation follows.
  void EndEndpoints();

  // To be called about once a second.
  void Tick() { directory_.Sweep(); }

  // Makes `actor` reachable for the children. SHUTTING_DOWN once stopping.
  absl::Status OpenActor(const std::shared_ptr<LocalActor>& actor,
                         std::string_view name);

  // The actor is reachable no longer and its name is free, but how it ended is
  // still to be told, by EndActor. What waits in its mailbox stays there.
  void CloseActor(const std::shared_ptr<LocalActor>& actor);

  // Closes the actor and tells `reason` to every child that knows it. A
  // second call changes nothing.
  void EndActor(const std::shared_ptr<LocalActor>& actor,
                std::string reason) override;

  // The live actor `id`, if `token` is its token; else ACTOR_NOT_YOURS. Takes
  // as long for a wrong token as for a right one.
  absl::StatusOr<std::shared_ptr<LocalActor>> Authorize(
      LocalId id, std::string_view token) const;

  // The use of an actor as the sender of something to `endpoint`: while there
  // is one, the end of the actor is not told to any child, so that nothing it
  // says can come after its `exit`.
  class ActorUse {
   public:
    ActorUse(Gateway& gateway, std::shared_ptr<LocalActor> actor,
             const Endpoint& endpoint);
    ~ActorUse();
    ActorUse(const ActorUse&) = delete;
    ActorUse& operator=(const ActorUse&) = delete;

    // False: the actor has ended and must not say anything.
    bool allowed() const { return allowed_; }

   private:
    Gateway& gateway_;
    const std::shared_ptr<LocalActor> actor_;  // null: anonymous
    const bool allowed_;
  };

  // From now on no actor can be opened.
  void BeginStopping() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  const GatewayOptions& options() const { return options_; }
  const Clock& clock() const { return clock_; }
  EventJournal& journal() { return journal_; }
  const EventJournal& journal() const { return journal_; }
  LocalActors& locals() { return locals_; }
  const LocalActors& locals() const { return locals_; }
  // Of what the actors of different endpoints say to each other.
  const Relays& relays() const { return relays_; }

 private:
  std::shared_ptr<SessionSender> FindMember(
      std::string_view pool, absl::FunctionRef<LocalId()> sender) override;
  std::shared_ptr<SessionSender> FindIncarnation(
      std::string_view endpoint, Incarnation incarnation) override;
  void ForgetSender(LocalId sender) override { directory_.Forget(sender); }
  void TellChange() const;

  const Clock& clock_;
  spdlog::logger& log_;
  const GatewayOptions options_;
  std::vector<OnState> on_state_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint8_t> next_group_ = 0;
  EventJournal journal_;
  LocalActors locals_;
  Relays relays_;
  EndpointDirectory directory_;  // endpoints use all of the above
  PeerDoors doors_;
  Operations operations_;  // last: it uses all of the above
};

// The error of everything that is asked of a gateway that is stopping.
absl::Status ShuttingDownError();

}  // namespace thespian::gateway

#endif  // ENDPOINT_GATEWAY_H_
