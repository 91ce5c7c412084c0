// Puts mail into many mailboxes and wakes their owners at the end, each once:
// one read of a child's output fills all it can before anyone is woken.
//
// Ownership: holds the actors to be woken until Flush.
// Threads:   thread-compatible; an endpoint's loop.
// Errors:    what could not be put is told by Put.
#ifndef ENDPOINT_ACTORS_DELIVERY_BATCH_H_
#define ENDPOINT_ACTORS_DELIVERY_BATCH_H_

#include <memory>
#include <string_view>
#include <vector>

#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/mailbox.h"
#include "endpoint/lock_check.h"

namespace thespian::gateway {

class DeliveryBatch {
 public:
  Mailbox::Put Add(const std::shared_ptr<LocalActor>& actor,
                   const MailHead& head, std::string_view text) {
    const Mailbox::Put put = actor->mailbox().Add(head, text);
    if (put == Mailbox::Put::kFirst || put == Mailbox::Put::kFull) {
      woken_.push_back(actor);
    }
    return put;
  }

  void Flush() {
    AssertNoLockHeld();
    for (const std::shared_ptr<LocalActor>& actor : woken_) actor->OnMail();
    woken_.clear();
  }

 private:
  std::vector<std::shared_ptr<LocalActor>> woken_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ACTORS_DELIVERY_BATCH_H_
