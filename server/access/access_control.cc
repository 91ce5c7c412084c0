#include "server/access/access_control.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "endpoint/error.h"
#include "fmt/format.h"
#include "server/access/claims.h"

namespace thespian::gateway {
namespace {

constexpr absl::string_view kBearer = "Bearer ";

absl::Status Unauthenticated(std::string_view what) {
  return MakeError(ErrorReason::kUnauthenticated, what);
}

constexpr char kNeedsAdminListener[] =
    "it is allowed only where AdminService is served, as long as there are no "
    "rules";

std::string WhyDenied(const Decision& decision) {
  return decision.rule.empty()
             ? "no rule allows it"
             : fmt::format("the rule '{}' denies it", decision.rule);
}

std::string_view OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::optional<ErrorReason> reason = ReasonOf(status);
  return reason.has_value() ? ReasonName(*reason) : "ERROR";
}

}  // namespace

// --- Callers ---------------------------------------------------------------

absl::Status Caller::Ask(const AccessRequest& request) const {
  // Kept until their title has been told.
  const std::shared_ptr<const Rules> rules = CurrentRules();
  const Decision decision = Decide(rules.get(), request);
  if (decision.allowed) return absl::OkStatus();
  absl::Status status =
      MakeError(ErrorReason::kForbidden,
                rules != nullptr ? WhyDenied(decision)
                                 : std::string(kNeedsAdminListener));
  AuditRecord record = RecordOf(AuditEvent::kRefused, request.method);
  record.endpoint = request.endpoint;
  record.name = request.registers;
  record.outcome = OutcomeOf(status);
  record.rule = decision.rule;
  control_->WriteThrottled(record);
  return status;
}

bool Caller::May(const AccessRequest& request) const {
  return Decide(CurrentRules().get(), request).allowed;
}

std::shared_ptr<const Rules> Caller::CurrentRules() const {
  return has_rules() ? control_->Get()->rules : nullptr;
}

Decision Caller::Decide(const Rules* rules, AccessRequest request) const {
  if (rules == nullptr) {
    return DecideWithoutRules(request, entrance_->serves_admin);
  }
  request.listener = entrance_->listener;
  return rules->Decide(*principal_, request);
}

bool Caller::has_rules() const { return control_->has_rules_; }

uint64_t Caller::terms_version() const { return control_->terms_version_; }

absl::Status Caller::Take(Method method, Rate rate, uint64_t amount) const {
  if (!control_->has_limits_) return absl::OkStatus();
  absl::Status status = control_->limits_.Take(*principal_, rate, amount);
  if (!status.ok()) NoteLimit(method, NameOf(rate), status);
  return status;
}

absl::StatusOr<Lease> Caller::Take(Method method, Cap cap) const {
  if (!control_->has_limits_) return Lease();
  absl::StatusOr<Lease> lease = control_->limits_.Take(*principal_, cap);
  if (!lease.ok()) NoteLimit(method, NameOf(cap), lease.status());
  return lease;
}

void Caller::NoteLimit(Method method, std::string_view limit,
                       const absl::Status& status) const {
  AuditRecord record = RecordOf(AuditEvent::kLimited, method);
  record.outcome = OutcomeOf(status);
  record.rule = limit;
  control_->WriteThrottled(record);
}

void Caller::NoteChange(Method method, std::string_view endpoint,
                        const absl::Status& status) const {
  AuditRecord record = RecordOf(AuditEvent::kChanged, method);
  record.endpoint = endpoint;
  record.outcome = OutcomeOf(status);
  control_->Write(record);
}

void Caller::NoteName(Method method, std::string_view name,
                      const absl::Status& status) const {
  AuditRecord record = RecordOf(AuditEvent::kNameRegistered, method);
  record.name = name;
  record.outcome = OutcomeOf(status);
  control_->WriteThrottled(record);
}

AuditRecord Caller::RecordOf(AuditEvent event, Method method) const {
  AuditRecord record;
  record.event = event;
  record.principal = principal_->text();
  record.peer = peer_;
  record.method = method;
  return record;
}

// --- Control ---------------------------------------------------------------

AccessControl::AccessControl(const Clock& clock, std::shared_ptr<Audit> audit,
                             AccessTerms terms)
    : clock_(clock), audit_(std::move(audit)), limits_(clock) {
  Use(std::move(terms));
}

void AccessControl::Use(AccessTerms terms) {
  has_limits_ = !terms.limits.empty();
  limits_.Set(std::move(terms.limits));
  auto next =
      std::make_shared<const Terms>(Terms{.rules = std::move(terms.rules),
                                          .tokens = std::move(terms.tokens),
                                          .jwt = std::move(terms.jwt)});
  const bool has_rules = next->rules != nullptr;
  wants_credentials_ = next->tokens != nullptr || next->jwt != nullptr;
  {
    MutexLock lock(mutex_);
    terms_.swap(next);
  }
  has_rules_ = has_rules;
  ++terms_version_;
}

std::shared_ptr<const AccessControl::Terms> AccessControl::Get() const {
  MutexLock lock(mutex_);
  return terms_;
}

absl::StatusOr<Caller> AccessControl::Identify(Contact contact,
                                               const Entrance& entrance) {
  absl::StatusOr<SharedPrincipal> principal = PrincipalOf(contact);
  if (!principal.ok()) {
    NoteFailure(contact, principal.status());
    return principal.status();
  }
  const Caller caller(*this, *std::move(principal), std::move(contact.peer),
                      entrance);
  absl::Status status = caller.Take(contact.method, Rate::kRequests);
  if (!status.ok()) return status;
  return caller;
}

absl::StatusOr<SharedPrincipal> AccessControl::PrincipalOf(
    const Contact& contact) const {
  if (contact.claims.size() > 1) {
    return Unauthenticated("there are the claims of more than one caller");
  }
  if (!contact.claims.empty()) return PrincipalOfClaims(contact.claims.front());
  if (!contact.authorization.empty()) {
    absl::StatusOr<SharedPrincipal> known =
        Recognize(*Get(), contact.authorization);
    if (!known.ok() || *known != nullptr) return known;
  }
  return contact.connection != nullptr ? contact.connection : anonymous_;
}

absl::StatusOr<SharedPrincipal> AccessControl::Recognize(
    const Terms& terms,
    const std::vector<std::string_view>& authorization) const {
  if (terms.tokens == nullptr && terms.jwt == nullptr) return nullptr;
  if (authorization.size() > 1) {
    return Unauthenticated("there is more than one 'authorization'");
  }
  const absl::string_view text(authorization.front().data(),
                               authorization.front().size());
  if (!absl::StartsWithIgnoreCase(text, kBearer)) {
    return Unauthenticated("authorization must be: Bearer TOKEN");
  }
  const std::string token(text.substr(kBearer.size()));
  if (token.starts_with(kTokenPrefix) || terms.jwt == nullptr) {
    if (terms.tokens == nullptr) return Unauthenticated("the token is unknown");
    const Tokens::Found found = terms.tokens->Find(token, clock_.Now());
    if (found.principal != nullptr) return found.principal;
    return Unauthenticated(found.verdict == Tokens::Verdict::kExpired
                               ? "the token has expired"
                               : "the token is unknown");
  }
  return terms.jwt->Check(token, clock_.Now());
}

void AccessControl::NoteFailure(const Contact& contact,
                                const absl::Status& status) {
  const std::optional<uint64_t> held_back =
      failures_.Count(PeerHost(contact.peer), clock_.Steady());
  if (!held_back.has_value() || audit_ == nullptr) return;
  audit_->Write({.time = clock_.Now(),
                 .event = AuditEvent::kUnauthenticated,
                 .principal = kAnonymousText,
                 .peer = contact.peer,
                 .method = contact.method,
                 .outcome = OutcomeOf(status),
                 .held_back = *held_back});
}

void AccessControl::WriteThrottled(AuditRecord record) {
  const std::optional<uint64_t> held_back =
      refusals_.Count(std::string(record.principal), clock_.Steady());
  if (!held_back.has_value()) return;
  record.held_back = *held_back;
  Write(record);
}

void AccessControl::Write(const AuditRecord& record) {
  if (audit_ == nullptr) return;
  AuditRecord timed = record;
  timed.time = clock_.Now();
  audit_->Write(timed);
}

}  // namespace thespian::gateway
