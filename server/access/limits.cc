#include "server/access/limits.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "endpoint/error.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr char kTheRest[] = "others";

constexpr std::array<std::string_view, kRates> kRateNames = {
    "requests-per-second", "messages-per-second"};
constexpr std::array<std::string_view, kCaps> kCapNames = {"calls", "actors",
                                                           "watchers"};

template <typename Kind>
size_t ToIndex(Kind kind) {
  return static_cast<size_t>(kind);
}

absl::Status Reached(const Principal& principal, std::string_view limit,
                     uint64_t most) {
  return MakeError(ErrorReason::kLimitReached,
                   fmt::format("{} of '{}' may be {} at most", limit,
                               principal.text(), most));
}

}  // namespace

std::string_view NameOf(Rate rate) { return kRateNames.at(ToIndex(rate)); }
std::string_view NameOf(Cap cap) { return kCapNames.at(ToIndex(cap)); }

// --- Leases ----------------------------------------------------------------

Lease::Lease(Lease&& other) noexcept
    : limits_(std::exchange(other.limits_, nullptr)),
      account_(std::move(other.account_)),
      cap_(other.cap_) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  std::swap(limits_, other.limits_);
  std::swap(account_, other.account_);
  std::swap(cap_, other.cap_);
  return *this;
}

Lease::~Lease() {
  if (limits_ != nullptr) limits_->GiveBack(account_, cap_);
}

// --- Accounts --------------------------------------------------------------

void Limits::Set(std::vector<Limit> limits) {
  MutexLock lock(mutex_);
  limits_.swap(limits);
  ++version_;
}

absl::Status Limits::Take(const Principal& principal, Rate rate,
                          uint64_t amount) {
  const TimePoint now = clock_.Steady();
  MutexLock lock(mutex_);
  if (HasNone()) return absl::OkStatus();
  Account& account = Find(principal, now)->second;
  std::optional<TokenBucket>& bucket = account.buckets[ToIndex(rate)];
  if (!bucket.has_value() || bucket->Take(static_cast<double>(amount), now)) {
    return absl::OkStatus();
  }
  return Reached(principal, NameOf(rate),
                 static_cast<uint64_t>(bucket->rate()));
}

absl::StatusOr<Lease> Limits::Take(const Principal& principal, Cap cap) {
  const TimePoint now = clock_.Steady();
  MutexLock lock(mutex_);
  if (HasNone()) return Lease();
  const auto account = Find(principal, now);
  const uint64_t most = account->second.caps[ToIndex(cap)];
  uint64_t& taken = account->second.taken[ToIndex(cap)];
  if (most > 0 && taken >= most) return Reached(principal, NameOf(cap), most);
  ++taken;
  return Lease(*this, account->first, cap);
}

void Limits::GiveBack(const std::string& account, Cap cap) {
  MutexLock lock(mutex_);
  const auto found = accounts_.find(account);
  if (found != accounts_.end()) --found->second.taken[ToIndex(cap)];
}

Limits::Accounts::iterator Limits::Find(const Principal& principal,
                                        TimePoint now) {
  auto found = accounts_.find(principal.key());
  if (found == accounts_.end()) {
    if (accounts_.size() >= kMostAccounts) MakeRoom(now);
    const bool room = accounts_.size() < kMostAccounts;
    found = accounts_.try_emplace(room ? principal.key() : kTheRest).first;
  }
  if (found->second.version != version_) Renew(principal, now, found->second);
  return found;
}

void Limits::Renew(const Principal& principal, TimePoint now,
                   Account& account) {
  account.version = version_;
  account.caps = {};
  account.buckets = {};
  for (const Limit& limit : limits_) {
    const bool concerns =
        absl::c_any_of(principal.names(), [&limit](const std::string& name) {
          return limit.principals.Matches(name);
        });
    if (!concerns) continue;
    account.caps = limit.caps;
    for (size_t i = 0; i < kRates; ++i) {
      if (limit.rates[i] == 0) continue;
      const auto rate = static_cast<double>(limit.rates[i]);
      account.buckets[i].emplace(rate, rate, now);
    }
    return;
  }
}

// Those that hold nothing and have not been busy go. Looked for once a second
// at most.
void Limits::MakeRoom(TimePoint now) {
  if (now < made_room_ + std::chrono::seconds(1)) return;
  made_room_ = now;
  absl::erase_if(accounts_,
                 [now](auto& entry) { return entry.second.IsIdle(now); });
}

bool Limits::Account::IsIdle(TimePoint now) {
  for (const uint64_t amount : taken) {
    if (amount > 0) return false;
  }
  for (std::optional<TokenBucket>& bucket : buckets) {
    if (bucket.has_value() && !bucket->IsFull(now)) return false;
  }
  return true;
}

size_t Limits::accounts() const {
  MutexLock lock(mutex_);
  return accounts_.size();
}

}  // namespace thespian::gateway
