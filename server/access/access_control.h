// Who a caller is, and what it may do: the one place where RPCs ask.
//
// Ownership: owns the limits and what it has seen of callers; shares the rest.
//   A Caller borrows it, and is gone before.
// Threads:   safe from any thread. What Use brings counts from the next
//   question on, also of streams that are under way.
// Errors:    UNAUTHENTICATED, FORBIDDEN, which names the title of the rule and
//   nothing else of it, LIMIT_REACHED.
// Memory:    see Rules, Limits and NoticeThrottle.
#ifndef SERVER_ACCESS_ACCESS_CONTROL_H_
#define SERVER_ACCESS_ACCESS_CONTROL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/clock.h"
#include "endpoint/mutex.h"
#include "server/access/audit.h"
#include "server/access/entrance.h"
#include "server/access/jwt.h"
#include "server/access/limits.h"
#include "server/access/notice_throttle.h"
#include "server/access/principal.h"
#include "server/access/rules.h"
#include "server/access/tokens.h"

namespace thespian::gateway {

struct AccessTerms {
  std::shared_ptr<const Rules> rules;    // null: see DecideWithoutRules
  std::vector<Limit> limits;             // of principals
  std::shared_ptr<const Tokens> tokens;  // null: none is taken
  std::shared_ptr<const JwtKeys> jwt;    // null: none is taken
};

class AccessControl;

// One caller, for the length of an RPC.
class Caller {
 public:
  const Principal& principal() const { return *principal_; }

  // OK, or FORBIDDEN, of which there is a line in the audit.
  absl::Status Ask(const AccessRequest& request) const;
  // The same, for what is left out if it is not allowed.
  bool May(const AccessRequest& request) const;
  // False: everything that does not ask for payloads is allowed.
  bool has_rules() const;

  // Counts what Use has brought. What a stream asked before may be answered
  // otherwise after it changed.
  uint64_t terms_version() const;

  // See Limits. LIMIT_REACHED is in the audit.
  absl::Status Take(Method method, Rate rate, uint64_t amount = 1) const;
  absl::StatusOr<Lease> Take(Method method, Cap cap) const;

  // For the audit: what came of a change. `name` is one that was registered.
  void NoteChange(Method method, std::string_view endpoint,
                  const absl::Status& status) const;
  void NoteName(Method method, std::string_view name,
                const absl::Status& status) const;

 private:
  friend class AccessControl;
  Caller(AccessControl& control, SharedPrincipal principal, std::string peer,
         const Entrance& entrance)
      : control_(&control),
        principal_(std::move(principal)),
        peer_(std::move(peer)),
        entrance_(&entrance) {}

  // Null: there are none.
  std::shared_ptr<const Rules> CurrentRules() const;
  // By `rules`, or, if they are null, as it is without any.
  Decision Decide(const Rules* rules, AccessRequest request) const;
  void NoteLimit(Method method, std::string_view limit,
                 const absl::Status& status) const;
  AuditRecord RecordOf(AuditEvent event, Method method) const;

  AccessControl* control_;
  SharedPrincipal principal_;
  std::string peer_;
  const Entrance* entrance_;
};

class AccessControl {
 public:
  // What is seen of a call before it is read.
  struct Contact {
    // The values of the metadata `authorization`, and of that which the
    // entrance believes.
    std::vector<std::string_view> authorization;
    std::vector<std::string_view> claims;
    SharedPrincipal connection;  // whom it shows; null: nobody
    std::string peer;            // as gRPC calls it
    Method method = Method::kCall;
  };

  // `clock` outlives it. Without an audit nothing is written.
  AccessControl(const Clock& clock, std::shared_ptr<Audit> audit,
                AccessTerms terms);

  void Use(AccessTerms terms);

  // Claims say who a caller is, else its credentials, else its connection; who
  // shows nothing is anonymous. Where no credentials are taken they are not
  // looked at, since they may be for somebody before us. `entrance` outlives
  // the caller.
  absl::StatusOr<Caller> Identify(Contact contact, const Entrance& entrance);

  // Whether Identify looks at credentials, at the address of the other end, and
  // at who the connection shows. What it does not look at need not be there.
  bool wants_credentials() const { return wants_credentials_; }
  bool wants_peer() const { return audit_ != nullptr || wants_credentials_; }
  bool wants_principal() const {
    return audit_ != nullptr || has_rules_ || has_limits_;
  }

  // Wrong credentials so far.
  uint64_t failures() const { return failures_.total(); }

 private:
  friend class Caller;

  struct Terms {
    std::shared_ptr<const Rules> rules;
    std::shared_ptr<const Tokens> tokens;
    std::shared_ptr<const JwtKeys> jwt;
  };

  std::shared_ptr<const Terms> Get() const;
  absl::StatusOr<SharedPrincipal> PrincipalOf(const Contact& contact) const;
  // Null where no credentials are taken.
  absl::StatusOr<SharedPrincipal> Recognize(
      const Terms& terms,
      const std::vector<std::string_view>& authorization) const;
  void NoteFailure(const Contact& contact, const absl::Status& status);
  // Of what there may be many.
  void WriteThrottled(AuditRecord record);
  void Write(const AuditRecord& record);

  const Clock& clock_;
  const std::shared_ptr<Audit> audit_;
  const SharedPrincipal anonymous_ = Principal::Anonymous();
  Limits limits_;
  NoticeThrottle failures_;
  NoticeThrottle refusals_;
  std::atomic<bool> has_rules_ = false;
  std::atomic<uint64_t> terms_version_ = 0;
  std::atomic<bool> has_limits_ = false;
  std::atomic<bool> wants_credentials_ = false;
  mutable Mutex mutex_;
  std::shared_ptr<const Terms> terms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_ACCESS_CONTROL_H_
