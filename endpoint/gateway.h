// Everything behind the RPCs: the endpoints, the local actors that they share,
// and the journal of what happens.
//
// Ownership: owns the endpoints, the registry of local actors and the journal.
// Threads:   safe from any thread, except AddEndpoint and the destructor,
//   which are the owner's, before and after everyone else's calls.
// Errors:    as the API says, by MakeError.
// Memory:    the sum of its parts; see docs/architecture.md.
#ifndef ENDPOINT_GATEWAY_H_
#define ENDPOINT_GATEWAY_H_

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/clock.h"
#include "endpoint/endpoint.h"
#include "endpoint/journal/event_journal.h"

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

class Gateway {
 public:
  Gateway(const Clock& clock, spdlog::logger& log, GatewayOptions options);

  // Makes an endpoint that is not started yet. Its name must be new.
  Endpoint& AddEndpoint(
      const EndpointOptions& options,
      absl::AnyInvocable<void(EndpointState)> on_state = nullptr);

  // The endpoint of this name; if empty, the only one or the one named
  // "default". ENDPOINT_UNKNOWN if there is none.
  absl::StatusOr<Endpoint*> FindEndpoint(std::string_view name) const;

  // Ordered by name.
  std::vector<Endpoint*> Endpoints() const;

  // Makes `actor` reachable for the children. SHUTTING_DOWN once stopping.
  absl::Status OpenActor(const std::shared_ptr<LocalActor>& actor,
                         std::string_view name);

  // The actor is reachable no longer and its name is free, but how it ended is
  // still to be told, by EndActor. What waits in its mailbox stays there.
  void CloseActor(const std::shared_ptr<LocalActor>& actor);

  // Closes the actor and tells `reason` to every child that knows it. A
  // second call changes nothing.
  void EndActor(const std::shared_ptr<LocalActor>& actor, std::string reason);

  // The live actor `id`, if `token` is its token; else ACTOR_NOT_YOURS. Takes
  // as long for a wrong token as for a right one.
  absl::StatusOr<std::shared_ptr<LocalActor>> Authorize(
      LocalId id, std::string_view token) const;

  // While one is held, the end of the actor is not told to any child: nothing
  // that it says can come after its `exit`.
  class Speech {
   public:
    Speech(Gateway& gateway, std::shared_ptr<LocalActor> actor);
    ~Speech();
    Speech(const Speech&) = delete;
    Speech& operator=(const Speech&) = delete;

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

 private:
  void EndInSessions(const std::shared_ptr<LocalActor>& actor);

  const Clock& clock_;
  spdlog::logger& log_;
  const GatewayOptions options_;
  std::atomic<bool> stopping_ = false;
  EventJournal journal_;
  LocalActors locals_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;  // by name
};

// The error of everything that is asked of a gateway that is stopping.
absl::Status ShuttingDownError();

}  // namespace thespian::gateway

#endif  // ENDPOINT_GATEWAY_H_
