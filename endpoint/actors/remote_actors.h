// What is known of the child's actors during one incarnation: a proxy for each
// live one, its links to local actors, and which local actors the child knows.
//
// Ownership: owns everything; gives out copies.
// Threads:   safe from any thread. The loop alone creates and closes proxies,
//   so that what it appends to the journal has the order of the table.
// Errors:    none; the returned values tell.
// Memory:    about 100 bytes a live proxy; it is given back when the last one
//   has gone. For pictures see ProxyPicture.
#ifndef ENDPOINT_ACTORS_REMOTE_ACTORS_H_
#define ENDPOINT_ACTORS_REMOTE_ACTORS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "endpoint/actors/proxy_picture.h"
#include "endpoint/mutex.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

// A live remote actor, as it is listed.
struct ProxyRow {
  RemoteId id;
  absl::Time created;
  uint64_t received = 0;  // messages from it
  uint64_t sent = 0;      // messages to it by id
  size_t links = 0;
};

class RemoteActors {
 public:
  // By rising id.
  using Locals = absl::InlinedVector<LocalId, 2>;
  using Remotes = absl::InlinedVector<RemoteId, 2>;

  explicit RemoteActors(size_t piece_places = kPiecePlaces)
      : piece_places_(piece_places), pictures_(piece_places) {}

  // A message or a link came from `remote`. True: it is the first, and a proxy
  // was made.
  bool NoteSpoke(RemoteId remote, bool message, absl::Time now);

  // A message by id goes to each of `remotes`. Those without a live proxy have
  // just lost it.
  void NoteSent(const std::vector<RemoteId>& remotes, absl::Time now);

  // Ends a proxy and its links. `was_live` is false if there was none.
  struct Closed {
    bool was_live = false;
    Locals linked;
  };
  Closed Close(RemoteId remote);

  // Ends every proxy, in the order of their places.
  struct ClosedProxy {
    RemoteId id;
    Locals linked;
  };
  std::vector<ClosedProxy> CloseAll();

  // Ties the two to each other's end. kGone: `remote` has no live proxy.
  enum class Linked { kNew, kAlready, kGone };
  Linked Link(RemoteId remote, LocalId local);

  bool IsLinked(RemoteId remote, LocalId local) const;
  bool IsLive(RemoteId remote) const;
  bool HasLinks() const;

  // Up to `most` proxies without links that have neither spoken nor been sent
  // to since `since`.
  std::vector<RemoteId> IdleSince(absl::Time since, size_t most) const;

  // A proxy other than `except` to give up for a new one: of those looked at,
  // which is a few in turn, one without links that has been idle for longest.
  // There must be another.
  RemoteId PickVictim(RemoteId except);

  // The child has been or will be told this id.
  void NoteSeen(LocalId local);

  // The actors that the child knows and was not told of the end of: it is told
  // now, of all of them. Their links stay.
  std::vector<LocalId> TakeSeen();

  // Whether the child knows this actor and was not told of its end yet.
  bool Knows(LocalId local) const;

  // A local actor has ended. `seen` is true once for each NoteSeen or Link: the
  // child must then be told.
  struct EndedLocal {
    bool seen = false;
    Remotes linked;
  };
  EndedLocal EndLocal(LocalId local);

  size_t live() const;

  // Up to `most` live proxies in the order of their places, from `place` on,
  // and moves `place` to where the next page begins. False: that was all. Looks
  // at `kPlacesOfAPage` places at most, so a page may have fewer, or none, with
  // more to come.
  static constexpr size_t kPlacesOfAPage = 65'536;
  bool List(size_t most, uint64_t& place, std::vector<ProxyRow>& rows) const;

  // Begins a picture of all of them as they are now. One at a time: it must
  // have been fetched before the next is begun.
  void BeginPicture();
  // Takes up to `most` pieces more of it. The picture once it is complete; null
  // before.
  std::shared_ptr<const ProxyPicture> ContinuePicture(size_t most);
  // Whether a picture of the proxies as they are now exists: another one costs
  // nothing.
  bool HasCurrentPicture() const;

 private:
  // A live proxy stays in its place until it ends; the place is then used
  // again. Times in ns since the epoch, to keep a place small.
  struct Place {
    RemoteId id;  // 0: free
    int64_t created_ns = 0;
    int64_t last_ns = 0;  // when it last spoke or was sent to
    uint64_t received = 0;
    uint64_t sent = 0;
  };

  Locals CloseLocked(RemoteId remote, uint32_t place)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveMemoryBackLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ProxyPicture::Piece MakePieceLocked(size_t place) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BeforeChangeLocked(size_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Locals UnlinkLocked(RemoteId remote) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t piece_places_;

  mutable Mutex mutex_;
  PictureTaker pictures_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<RemoteId, uint32_t> places_of_ ABSL_GUARDED_BY(mutex_);
  std::deque<Place> places_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint32_t> free_places_ ABSL_GUARDED_BY(mutex_);
  size_t victim_hand_ ABSL_GUARDED_BY(mutex_) = 0;  // where to look next
  // The same links from both sides. Either may have very many.
  absl::flat_hash_map<RemoteId, absl::flat_hash_set<LocalId>> links_of_remote_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<LocalId, absl::flat_hash_set<RemoteId>> links_of_local_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<LocalId> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ACTORS_REMOTE_ACTORS_H_
