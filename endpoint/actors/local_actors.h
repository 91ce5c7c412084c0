// The local actors: gRPC clients that have attached themselves, by id and by
// name.
//
// Ownership: an actor is shared by the registry and by the stream or call that
//   it stands for (its owner), which end at unrelated times; an endpoint's
//   loop holds it while it delivers.
// Threads:   safe from any thread.
// Errors:    FIELD_INVALID, NAME_TAKEN, LIMIT_REACHED.
// Memory:    at most `most` actors, each with its mailbox.
#ifndef ENDPOINT_ACTORS_LOCAL_ACTORS_H_
#define ENDPOINT_ACTORS_LOCAL_ACTORS_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "endpoint/actors/mailbox.h"
#include "endpoint/clock.h"
#include "endpoint/mutex.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

// The remote actor that a relayed actor stands for.
struct RelayOrigin {
  EndpointName endpoint = nullptr;
  Incarnation incarnation;
  RemoteId remote;
};

class LocalActor {
 public:
  explicit LocalActor(MailboxLimits limits) : mailbox_(limits) {}
  virtual ~LocalActor() = default;
  LocalActor(const LocalActor&) = delete;
  LocalActor& operator=(const LocalActor&) = delete;

  // Called by an endpoint's loop after it put something into an empty mailbox
  // or found it full. Must not block.
  virtual void OnMail() = 0;

  // Set by LocalActors::Open; constant from then on.
  LocalId id() const { return id_; }
  const std::string& name() const { return name_; }
  const std::string& token() const { return token_; }
  absl::Time since() const { return since_; }

  // Null: it is a client. Otherwise it stands for an actor of another endpoint;
  // see RelayedActor.
  const RelayOrigin* relayed() const {
    return origin_.endpoint == nullptr ? nullptr : &origin_;
  }

  Mailbox& mailbox() { return mailbox_; }
  const Mailbox& mailbox() const { return mailbox_; }

  // While an actor is in use as a sender, its end is not passed on to the
  // sessions; see Gateway. BeginUse is false once the actor has ended.
  bool BeginUse();
  // True: the actor has ended meanwhile, and the caller passes that on.
  bool EndUse();
  // True: it is not in use, and the caller passes the end on. `reason` is
  // what the child will be told. Only the first call does anything.
  bool End(std::string reason);

  // The end is passed on to those groups of endpoints (0 to 63) only which the
  // actor has spoken to, or in which another has linked itself to it. False:
  // the actor has ended, and its end may have been passed on already.
  bool NoteKnownTo(uint8_t group);
  bool IsKnownTo(uint8_t group) const {
    return (known_to_.load() >> group & 1) != 0;
  }

  // Why the actor ended; to be read by those whom its end is passed on to.
  const std::string& end_reason() const { return end_reason_; }

 protected:
  explicit LocalActor(const RelayOrigin& origin)
      : mailbox_({}), origin_(origin) {}

 private:
  friend class LocalActors;

  Mailbox mailbox_;
  const RelayOrigin origin_;
  LocalId id_;
  std::string name_;
  std::string token_;
  absl::Time since_;
  std::atomic<bool> end_claimed_ = false;
  std::string end_reason_;
  std::atomic<uint32_t> uses_ = 0;  // and kEnded
  std::atomic<uint64_t> known_to_ = 0;
};

class LocalActors {
 public:
  LocalActors(const Clock& clock, size_t most);

  // Gives the actor an id of its own, never used again, a fresh token and
  // `name`, unless that is empty.
  absl::Status Open(const std::shared_ptr<LocalActor>& actor,
                    std::string_view name);

  // An id that no actor has or will have, for a message of nobody.
  LocalId MintId();

  // Takes the actor out; its name is free at once. False: it was not in.
  bool Remove(LocalId id);

  // Null if there is none.
  std::shared_ptr<LocalActor> Find(LocalId id) const;
  std::shared_ptr<LocalActor> FindNamed(std::string_view name) const;

  size_t size() const;

  // Every live actor, by rising id.
  std::vector<std::shared_ptr<LocalActor>> All() const;

  // Up to `most` live actors with ids above `after`, by rising id. Costs what
  // it returns, not what there is.
  std::vector<std::shared_ptr<LocalActor>> List(LocalId after,
                                                size_t most) const;

 private:
  const Clock& clock_;
  const size_t most_;

  mutable Mutex mutex_;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  // In order, for pages. Ids rise, so an actor is added at the end.
  absl::btree_map<LocalId, std::shared_ptr<LocalActor>> by_id_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, LocalId> by_name_ ABSL_GUARDED_BY(mutex_);
};

// 1 to 255 bytes of UTF-8; anything else is FIELD_INVALID about `field`.
absl::Status CheckActorName(std::string_view field, std::string_view name);

}  // namespace thespian::gateway

#endif  // ENDPOINT_ACTORS_LOCAL_ACTORS_H_
