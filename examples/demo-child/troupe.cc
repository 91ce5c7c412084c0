#include "examples/demo-child/troupe.h"

#include <utility>
#include <variant>

#include "examples/demo-child/actors.h"
#include "examples/stdio/log.h"
#include "fmt/format.h"

namespace thespian::gateway::demo {
namespace {

using stdio::Log;

constexpr ActorId kEcho{1};
constexpr ActorId kCounter{2};
constexpr ActorId kTicker{3};
constexpr ActorId kSpawner{4};
constexpr ActorId kCrash{5};

constexpr std::string_view kCrashName = "crash";

}  // namespace

Troupe::Troupe(Outbox& outbox) : outbox_(outbox) {
  auto ticker = std::make_unique<Ticker>(kTicker);
  ticker_ = ticker.get();
  Register("echo", kEcho, std::make_unique<Echo>());
  Register("counter", kCounter, std::make_unique<Counter>());
  Register("ticker", kTicker, std::move(ticker));
  Register("spawner", kSpawner, std::make_unique<Spawner>());
  Register(std::string(kCrashName), kCrash, std::make_unique<Crash>());
}

void Troupe::Register(std::string name, ActorId id,
                      std::unique_ptr<Actor> actor) {
  names_.emplace(std::move(name), id);
  actors_.emplace(id, std::move(actor));
}

std::optional<ActorId> Troupe::Enter(std::unique_ptr<Actor> actor) {
  if (actors_.size() >= kMaxActors) return std::nullopt;
  const ActorId id = fresh_;
  ++fresh_.value;
  actors_.emplace(id, std::move(actor));
  return id;
}

void Troupe::Leave(ActorId id, std::string_view reason) {
  actors_.erase(id);
  const bool linked = linked_.erase(id) > 0;
  if (linked || !outbox_.dialect().is_thespian) outbox_.Exit(id, reason);
  const auto crash = names_.find(kCrashName);
  if (crash->second != id) return;
  // There is room: its predecessor has just left.
  crash->second = *Enter(std::make_unique<Crash>());
}

void Troupe::RefuseUnknown(ActorId id) {
  if (id.value == 0) return;
  if (!outbox_.dialect().is_thespian) return outbox_.Exit(id, "no_such_actor");
  Log(fmt::format("there is no actor {}", id.value));
}

void Troupe::Handle(const Message& message, TimePoint now) {
  std::visit([&](const auto& one) { On(one, now); }, message);
}

void Troupe::Deliver(const Letter& letter) {
  const auto actor = actors_.find(letter.to);
  if (actor == actors_.end()) return RefuseUnknown(letter.to);
  const Actor::End end = actor->second->Receive(letter, *this);
  if (end) Leave(letter.to, *end);
}

void Troupe::On(const SendMessage& message, TimePoint now) {
  Deliver({{message.to.value}, {message.from.value}, message.payload, now});
}

void Troupe::On(const SendNamedMessage& message, TimePoint now) {
  const auto name = names_.find(message.name);
  if (name == names_.end()) {
    return Log(fmt::format("no actor is named '{}'", message.name));
  }
  Deliver({name->second, {message.from.value}, message.payload, now});
}

void Troupe::On(const LinkMessage& message, TimePoint /*now*/) {
  const ActorId id{message.remote.value};
  if (!actors_.contains(id)) return RefuseUnknown(id);
  linked_.insert(id);
}

void Troupe::On(const ExitMessage& message, TimePoint /*now*/) {
  ticker_->Forget({message.local.value});
}

void Troupe::On(const TransportErrorMessage& message, TimePoint /*now*/) {
  Log(fmt::format("the gateway gave up: {}", message.reason));
}

void Troupe::On(const Unrecognized& message, TimePoint /*now*/) {
  Log(fmt::format("ignored a message: {}", message.why));
}

std::string Troupe::Describe() const {
  std::string text;
  for (const auto& [name, id] : names_) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, id.value);
  }
  return text;
}

}  // namespace thespian::gateway::demo
