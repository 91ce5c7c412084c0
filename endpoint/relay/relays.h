// What the endpoints of a gateway have in common to relay messages between
// their actors; EndpointRelay is the part of one endpoint.
//
// Ownership: owns the counts. Borrows the rest; the host outlives all
//   endpoints.
// Threads:   safe from any thread.
// Errors:    none.
// Memory:    about 200 bytes for each two endpoints that have ever spoken.
#ifndef ENDPOINT_RELAY_RELAYS_H_
#define ENDPOINT_RELAY_RELAYS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/mailbox.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/mutex.h"
#include "endpoint/relay/relay_stats.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

class SessionSender;

// The gateway, as relays need it. Called on any endpoint's loop. What is found
// is held while it is used, and not longer.
class RelayHost {
 public:
  virtual ~RelayHost() = default;

  // The member of `pool` that takes a message to a name. Null: there is none.
  // Where the choice depends on the sender, `sender` gives an id that stands
  // for it until ForgetSender; 0: nobody.
  virtual std::shared_ptr<SessionSender> FindMember(
      std::string_view pool, absl::FunctionRef<LocalId()> sender) = 0;
  // The endpoint of this name that has or had this incarnation. Null: there is
  // none any more.
  virtual std::shared_ptr<SessionSender> FindIncarnation(
      std::string_view endpoint, Incarnation incarnation) = 0;
  // A sender that FindMember asked for sends nothing more.
  virtual void ForgetSender(LocalId sender) = 0;
  // As Gateway::EndActor.
  virtual void EndActor(const std::shared_ptr<LocalActor>& actor,
                        std::string reason) = 0;
};

class Relays {
 public:
  struct Deps {
    LocalActors& locals;
    EventJournal& journal;
    RelayHost& host;
    MailboxLimits mailbox;  // of each lane
  };

  explicit Relays(const Deps& deps) : deps_(deps) {}

  const Deps& deps() const { return deps_; }

  // Of all lanes from one endpoint to another, ordered by both names.
  std::vector<RelayLaneStats> Stats() const;
  // Of those from this endpoint alone.
  std::vector<RelayLaneStats> StatsFrom(std::string_view from) const;

  // Where a lane counts.
  std::shared_ptr<SharedRelayLaneStats> StatsOf(EndpointName from,
                                                EndpointName to);

 private:
  using StatsByNames = std::map<std::pair<std::string, std::string>,
                                std::shared_ptr<SharedRelayLaneStats>>;

  static std::vector<RelayLaneStats> Read(const StatsByNames& all);

  const Deps deps_;

  mutable Mutex mutex_;
  StatsByNames stats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_RELAY_RELAYS_H_
