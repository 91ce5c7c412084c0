// Who may do what: rules in order, of which the first that matches decides.
// What none of them matches is refused.
//
// A rule that allows matches a request if it covers all that is asked; one that
// denies, if it speaks of anything that is asked.
//
// Ownership: owns the rules; what it returns are views of them.
// Threads:   never changed, but for what it remembers of callers; safe from any
//   thread.
// Errors:    none: a request that no rule matches is refused.
// Memory:    the rules, and for each of the kMostRemembered callers seen last
//   the numbers of the rules that concern it.
#ifndef SERVER_ACCESS_RULES_H_
#define SERVER_ACCESS_RULES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "endpoint/mutex.h"
#include "server/access/method.h"
#include "server/access/pattern_set.h"
#include "server/access/principal.h"

namespace thespian::gateway {

// What a caller asks for.
struct AccessRequest {
  enum class Scope {
    kNone,  // it has nothing to do with endpoints
    kOne,   // `endpoint`
    kAll,   // all there are
  };

  Method method = Method::kCall;
  std::string_view listener;  // by which it comes in; empty: it has no name
  Scope scope = Scope::kNone;
  std::string_view endpoint;  // or its pool: "logs" and "logs/0" are the same
  std::optional<std::string_view> to_name;  // something is sent to that name
  bool to_id = false;                       // or to an actor by its id
  std::string_view registers;               // a name; empty: none
  bool payloads = false;  // to see payloads, stderr, the command line
  bool control = false;   // to send a control word, such as ["exit", ...]
};

struct Rule {
  enum class Outcome { kAllow, kDeny };

  std::string title;
  std::string place;  // "FILE:LINE:COLUMN"
  PatternSet principals;
  MethodSet methods = 0;
  // Nothing: whichever.
  std::optional<PatternSet> listeners;
  std::optional<PatternSet> endpoints;
  std::optional<PatternSet> send_to;
  std::optional<PatternSet> registers;
  std::optional<bool> send_to_ids;  // nothing: unless there is send_to
  bool payloads = false;
  bool control = false;
  Outcome outcome = Outcome::kDeny;
};

struct Decision {
  bool allowed = false;
  std::string_view rule;  // the title of the one that decided; empty: none did
};

class Rules {
 public:
  static constexpr size_t kMostRemembered = 4'096;

  explicit Rules(std::vector<Rule> rules);

  Decision Decide(const Principal& principal,
                  const AccessRequest& request) const;

  // For people: each rule up to the one that decides, a line each, with what
  // does not match.
  std::string Explain(const Principal& principal,
                      const AccessRequest& request) const;

  size_t size() const { return rules_.size(); }

 private:
  using Concerning = std::shared_ptr<const std::vector<uint32_t>>;

  Concerning ConcerningRules(const Principal& principal) const;

  const std::vector<Rule> rules_;
  mutable Mutex mutex_;
  mutable absl::flat_hash_map<std::string, Concerning> remembered_
      ABSL_GUARDED_BY(mutex_);
};

// What is decided where there are no rules: everyone may do everything, but
// what shows or ends what is others' takes a listener that serves AdminService.
Decision DecideWithoutRules(const AccessRequest& request, bool serves_admin);

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_RULES_H_
