// What waits for one local actor: filled by the endpoints' loops, emptied by
// whoever writes to the client.
//
// Ownership: owns copies of everything put in.
// Threads:   safe from any thread. One taker at a time.
// Errors:    a mailbox that was full once stays closed: its owner ends.
// Memory:    at most the limits, including what the taker says it still holds.
#ifndef ENDPOINT_ACTORS_MAILBOX_H_
#define ENDPOINT_ACTORS_MAILBOX_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/endpoint_state.h"
#include "endpoint/mutex.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

// kLink is for lanes alone; see RelayLane.
enum class MailKind { kDelivery, kExited, kEndpointChanged, kLink };

// One thing that a local actor is told. `text` is the payload of a delivery,
// and the reason of the others.
struct MailHead {
  MailKind kind = MailKind::kDelivery;
  EndpointState state = EndpointState::kStarting;  // kEndpointChanged
  EndpointName endpoint = nullptr;
  Incarnation incarnation;
  RemoteId remote;  // kDelivery (0: anonymous), kExited
  // kExited: so many bytes at the end of the text are CBOR items, what the
  // remote actor gave besides the reason. In a lane, of a kDelivery: the name
  // that it goes to.
  uint32_t details_size = 0;
  LocalId local;  // in a lane: who speaks, links itself or has ended
};

// The reason in the text of a kExited.
inline std::string_view ReasonIn(const MailHead& head, std::string_view text) {
  return text.substr(0, text.size() - head.details_size);
}

// Many items with their texts end to end in one string, so that filling and
// emptying a mailbox allocates nothing in the steady state.
class Mail {
 public:
  struct Item {
    MailHead head;
    size_t text_end = 0;  // where its text ends in the string of all texts
  };

  void Add(const MailHead& head, std::string_view text);
  void Clear();

  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  const MailHead& head(size_t i) const { return items_[i].head; }
  std::string_view text(size_t i) const;
  // What it costs to keep, all of it or from item `i` on.
  size_t bytes() const { return texts_.size() + items_.size() * sizeof(Item); }
  size_t bytes_from(size_t i) const;

 private:
  // Where the text of item `i` begins.
  size_t TextBegin(size_t i) const {
    return i == 0 ? 0 : items_[i - 1].text_end;
  }

  std::vector<Item> items_;
  std::string texts_;
};

struct MailboxLimits {
  size_t bytes = 4u << 20;
  size_t items = 65'536;
  // The first delivery closes the mailbox: nobody will read a second.
  bool one_delivery = false;
};

class Mailbox {
 public:
  enum class Put {
    kFirst,  // it was empty: the owner must be woken
    kMore,   // the owner has been woken already
    kFull,   // not put; the mailbox is closed from now on
    kClosed  // not put; the mailbox was closed before
  };

  explicit Mailbox(MailboxLimits limits) : limits_(limits) {}

  Put Add(const MailHead& head, std::string_view text);

  // Moves all that waits into `mail`, whose old content is lost; its memory is
  // used again. False: nothing waited, and the next Add returns kFirst.
  bool Take(Mail& mail);

  // Of what was taken, so much is still to be read; it counts as if it waited
  // here, until the next call.
  void Hold(size_t items, size_t bytes);

  // Refuses what comes from now on; what waits stays.
  void Close();

  bool overflowed() const { return overflowed_; }
  // True once the one delivery of limits().one_delivery has come.
  bool answered() const { return answered_; }
  // How many items wait, including those held.
  size_t depth() const;
  const MailboxLimits& limits() const { return limits_; }

 private:
  const MailboxLimits limits_;
  mutable Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // Set under the lock, and read without it.
  std::atomic<bool> has_mail_ = false;
  std::atomic<bool> overflowed_ = false;
  std::atomic<bool> answered_ = false;
  // The taker's.
  std::atomic<size_t> held_items_ = 0;
  std::atomic<size_t> held_bytes_ = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ACTORS_MAILBOX_H_
