#include "endpoint/actors/local_actors.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "endpoint/check.h"
#include "endpoint/error.h"
#include "endpoint/wire/text.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr uint32_t kEnded = 1u << 31;
constexpr size_t kMaxNameBytes = 255;
constexpr size_t kTokenBytes = 16;

// 128 bits that nobody can guess, as text.
std::string MakeToken() {
  std::array<char, kTokenBytes> bytes{};
  ssize_t got = 0;
  do {
    got = getrandom(bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  Check(got == static_cast<ssize_t>(bytes.size()),
        "the system gives 16 random bytes");
  return absl::WebSafeBase64Escape({bytes.data(), bytes.size()});
}

}  // namespace

bool LocalActor::BeginUse() {
  uint32_t uses = uses_.load(std::memory_order_acquire);
  do {
    if ((uses & kEnded) != 0) return false;
  } while (
      !uses_.compare_exchange_weak(uses, uses + 1, std::memory_order_acq_rel));
  return true;
}

bool LocalActor::EndUse() {
  return uses_.fetch_sub(1, std::memory_order_acq_rel) == (kEnded | 1);
}

// Either whoever ends the actor finds the note, or whoever makes it finds that
// the actor has ended.
bool LocalActor::NoteKnownTo(uint8_t group) {
  const uint64_t bit = uint64_t{1} << group;
  if ((known_to_.load() & bit) == 0) known_to_.fetch_or(bit);
  return !end_claimed_;
}

bool LocalActor::End(std::string reason) {
  if (end_claimed_.exchange(true)) return false;
  end_reason_ = std::move(reason);
  return uses_.fetch_or(kEnded, std::memory_order_acq_rel) == 0;
}

LocalActors::LocalActors(const Clock& clock, size_t most)
    : clock_(clock), most_(most) {}

absl::Status LocalActors::Open(const std::shared_ptr<LocalActor>& actor,
                               std::string_view name) {
  if (!name.empty()) {
    absl::Status status = CheckActorName("open.name", name);
    if (!status.ok()) return status;
  }
  actor->name_ = std::string(name);
  actor->token_ = MakeToken();
  actor->since_ = clock_.Now();
  MutexLock lock(mutex_);
  if (by_id_.size() >= most_) {
    return MakeError(
        ErrorReason::kLimitReached,
        fmt::format("there are {} local actors already, as many as may be",
                    most_));
  }
  if (!name.empty() && by_name_.contains(actor->name_)) {
    return MakeFieldError(
        ErrorReason::kNameTaken, "open.name",
        fmt::format("open.name '{}' is registered by a live actor", name));
  }
  actor->id_ = {++last_id_};
  if (!name.empty()) by_name_.emplace(actor->name_, actor->id_);
  by_id_.emplace_hint(by_id_.end(), actor->id_, actor);
  return absl::OkStatus();
}

LocalId LocalActors::MintId() {
  MutexLock lock(mutex_);
  return {++last_id_};
}

bool LocalActors::Remove(LocalId id) {
  std::shared_ptr<LocalActor> actor;  // destroyed after the lock is gone
  MutexLock lock(mutex_);
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return false;
  actor = std::move(it->second);
  by_id_.erase(it);
  if (!actor->name().empty()) by_name_.erase(actor->name());
  return true;
}

std::shared_ptr<LocalActor> LocalActors::Find(LocalId id) const {
  MutexLock lock(mutex_);
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

std::shared_ptr<LocalActor> LocalActors::FindNamed(
    std::string_view name) const {
  MutexLock lock(mutex_);
  const auto id = by_name_.find(absl::string_view(name.data(), name.size()));
  if (id == by_name_.end()) return nullptr;
  const auto it = by_id_.find(id->second);
  return it == by_id_.end() ? nullptr : it->second;
}

size_t LocalActors::size() const {
  MutexLock lock(mutex_);
  return by_id_.size();
}

std::vector<std::shared_ptr<LocalActor>> LocalActors::All() const {
  return List(LocalId{}, std::numeric_limits<size_t>::max());
}

std::vector<std::shared_ptr<LocalActor>> LocalActors::List(LocalId after,
                                                           size_t most) const {
  std::vector<std::shared_ptr<LocalActor>> actors;
  MutexLock lock(mutex_);
  actors.reserve(std::min(most, by_id_.size()));
  for (auto it = by_id_.upper_bound(after);
       it != by_id_.end() && actors.size() < most; ++it) {
    actors.push_back(it->second);
  }
  return actors;
}

absl::Status CheckActorName(std::string_view field, std::string_view name) {
  if (!name.empty() && name.size() <= kMaxNameBytes && IsUtf8(name)) {
    return absl::OkStatus();
  }
  return MakeFieldError(ErrorReason::kFieldInvalid, field,
                        fmt::format("{} must be 1 to {} bytes of UTF-8, but {}",
                                    field, kMaxNameBytes,
                                    name.empty() ? "is empty"
                                    : name.size() > kMaxNameBytes
                                        ? fmt::format("has {}", name.size())
                                        : "is not UTF-8"));
}

}  // namespace thespian::gateway
