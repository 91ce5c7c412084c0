// LocalActors against a map of names, and one LocalActor's end against three
// booleans.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/check.h"
#include "tests/fuzz/actor_models.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

constexpr size_t kMostActors = 5;
// Two good ones, none, and two that must be refused.
const std::string kNames[] = {
    "", "a", "b", std::string(255, 'n'), "\xff", std::string(256, 'n')};

bool IsGood(std::string_view name) {
  return name.empty() || (name.size() < 256 && name != "\xff");
}

class SilentActor final : public LocalActor {
 public:
  SilentActor() : LocalActor(MailboxLimits()) {}
  void OnMail() override {}
};

class LocalActorsScript {
 public:
  explicit LocalActorsScript(ByteScript& script) : script_(script) {}

  void Run() {
    while (!script_.empty()) {
      Step();
      CheckNames();
      CheckAll();
    }
  }

 private:
  struct Known {
    std::shared_ptr<SilentActor> actor;
    std::string name;
    unsigned speakers = 0;
    bool ended = false;
    std::string reason;
  };

  void Step() {
    switch (script_.UpTo(6)) {
      case 0:
      case 1:
        return Open();
      case 2:
        return Remove();
      case 3:
        return Speak();
      case 4:
        return FallSilent();
      case 5:
        return EndLife();
      default:
        return CheckPage();
    }
  }

  void Open();
  void Remove();
  void Speak();
  void FallSilent();
  void EndLife();
  void CheckPage();
  void CheckNames() const;
  void CheckAll() const;

  bool IsTaken(std::string_view name) const;
  absl::StatusCode ExpectedOf(std::string_view name) const;
  LocalId AnyId() { return {1 + uint64_t{script_.UpTo(8)}}; }

  ByteScript& script_;
  TestClock clock_;
  LocalActors table_{clock_, kMostActors};
  std::map<LocalId, Known> live_;
  std::set<std::string> tokens_;
  uint64_t last_id_ = 0;
};

bool LocalActorsScript::IsTaken(std::string_view name) const {
  for (const auto& [id, known] : live_) {
    if (!name.empty() && known.name == name) return true;
  }
  return false;
}

absl::StatusCode LocalActorsScript::ExpectedOf(std::string_view name) const {
  if (!IsGood(name)) return absl::StatusCode::kInvalidArgument;
  if (live_.size() == kMostActors) return absl::StatusCode::kResourceExhausted;
  return IsTaken(name) ? absl::StatusCode::kAlreadyExists
                       : absl::StatusCode::kOk;
}

void LocalActorsScript::Open() {
  const std::string& name = script_.OneOf(kNames);
  const auto actor = std::make_shared<SilentActor>();
  const absl::Status status = table_.Open(actor, name);
  Check(status.code() == ExpectedOf(name), "who may be opened is");
  if (!status.ok()) return;
  Check(actor->id().value > last_id_, "an id is never used again");
  last_id_ = actor->id().value;
  Check(tokens_.insert(actor->token()).second, "a token is fresh");
  Check(actor->name() == name, "an actor has its name");
  live_[actor->id()] = {.actor = actor, .name = name};
}

void LocalActorsScript::Remove() {
  const LocalId id = AnyId();
  Check(table_.Remove(id) == (live_.erase(id) > 0), "one is removed once");
  Check(table_.Find(id) == nullptr, "who was removed is not found");
}

void LocalActorsScript::Speak() {
  const auto it = live_.find(AnyId());
  if (it == live_.end()) return;
  Known& known = it->second;
  Check(known.actor->BeginUse() == !known.ended, "the dead don't speak");
  if (!known.ended) ++known.speakers;
}

void LocalActorsScript::FallSilent() {
  const auto it = live_.find(AnyId());
  if (it == live_.end() || it->second.speakers == 0) return;
  Known& known = it->second;
  --known.speakers;
  Check(known.actor->EndUse() == (known.ended && known.speakers == 0),
        "the last to speak announces the end");
}

void LocalActorsScript::EndLife() {
  const auto it = live_.find(AnyId());
  if (it == live_.end()) return;
  Known& known = it->second;
  const std::string reason = script_.Coin() ? "one" : "another";
  const bool first = !known.ended;
  Check(known.actor->End(reason) == (first && known.speakers == 0),
        "an end is announced once, when nobody speaks");
  if (first) known.reason = reason;
  known.ended = true;
  Check(known.actor->end_reason() == known.reason, "the first reason stays");
}

void LocalActorsScript::CheckPage() {
  const LocalId after = AnyId();
  const size_t most = script_.UpTo(kMostActors);
  std::vector<std::shared_ptr<LocalActor>> expected;
  for (auto it = live_.upper_bound(after);
       it != live_.end() && expected.size() < most; ++it) {
    expected.push_back(it->second.actor);
  }
  Check(table_.List(after, most) == expected, "a page rises by id");
}

void LocalActorsScript::CheckNames() const {
  for (const std::string& name : kNames) {
    const std::shared_ptr<LocalActor> found = table_.FindNamed(name);
    Check((found != nullptr) == IsTaken(name), "a live one's name is found");
    Check(found == nullptr || found->name() == name, "the right one is found");
  }
}

void LocalActorsScript::CheckAll() const {
  Check(table_.All().size() == live_.size(), "all are there");
  for (const auto& [id, known] : live_) {
    Check(table_.Find(id) == known.actor, "a live one is found");
  }
}

}  // namespace

void TryLocalActors(ByteScript& script) { LocalActorsScript(script).Run(); }

}  // namespace thespian::gateway
