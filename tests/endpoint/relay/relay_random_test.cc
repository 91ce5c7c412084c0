// The diamond under random interleavings: actors speak, link themselves and
// end, children are killed, stop reading and read again, and each loop does its
// next step at a random time. In the end every live actor that was linked to
// one that has ended was told so, once.
#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/endpoint/relay/relay_world.h"

namespace thespian::gateway {
namespace {

constexpr int kSteps = 600;
constexpr uint64_t kActors = 3;  // of each endpoint, at a time

// What a child of one incarnation knows.
struct Child {
  std::set<uint64_t> alive;  // its actors
  uint64_t next = 1;
  std::vector<uint64_t> others;            // ids of the gateway
  std::map<uint64_t, uint64_t> links;      // id of the gateway: how many
  std::map<uint64_t, int> ends;            // told, but for no_such_actor
  std::map<uint64_t, int> answers;         // no_such_actor
  std::map<uint64_t, std::string> reason;  // told
};

// An actor: endpoint, incarnation, id.
using Actor = std::tuple<std::string, uint64_t, uint64_t>;

class Storm : protected RelayWorld {
 public:
  Storm(uint32_t seed, MailboxLimits lane) : RelayWorld(lane), random_(seed) {
    EndpointOptions options;
    options.max_frame_bytes = 1'000;
    options.queue = {.high_bytes = 2'000, .low_bytes = 1'000};
    Add("d", {}, options);
    Add("c", {{"d", "d"}}, options);
    Add("b", {{"d", "d"}}, options);
    Add("a", {{"b", "b"}, {"c", "c"}}, options);
    for (const std::string& name : kNames) Begin(name);
  }

  void Run() {
    for (int i = 0; i < kSteps; ++i) Act(kNames[Below(4)]);
    for (const std::string& name : kNames) {
      if (at(name).live()) at(name).SetDeaf(false);
    }
    Settle();
    for (const std::string& name : kNames) Listen(name);
  }

  // `full`: lanes may overflow.
  void Check(bool full) {
    for (const std::string& name : kNames) {
      if (!at(name).live()) continue;
      const Child& child = children_[name];
      for (const auto& [id, times] : child.ends) {
        EXPECT_EQ(times, 1) << name << " of " << id;
        EXPECT_TRUE(HasEnded(id) ||
                    (full && child.reason.at(id) == "mailbox_full"))
            << name << " of " << id << ": " << child.reason.at(id);
      }
      for (const auto& [id, links] : child.links) {
        const int told = Count(child.ends, id) + Count(child.answers, id);
        EXPECT_TRUE(told > 0 || !HasEnded(id)) << name << " of " << id;
      }
    }
  }

  int told() const { return told_; }

 private:
  static inline const std::vector<std::string> kNames = {"a", "b", "c", "d"};

  size_t Below(size_t n) { return random_() % n; }
  static int Count(const std::map<uint64_t, int>& of, uint64_t id) {
    const auto it = of.find(id);
    return it == of.end() ? 0 : it->second;
  }

  void Begin(const std::string& name) {
    Child& child = children_[name];
    child = {};
    for (; child.next <= kActors; ++child.next) child.alive.insert(child.next);
  }

  void Act(const std::string& name) {
    for (size_t i = Below(4); i > 0; --i) at(kNames[Below(4)]).Step();
    Listen(name);
    NoteOrigins();
    if (!at(name).live()) {
      if (Below(4) > 0) return;
      at(name).Begin();
      return Begin(name);
    }
    const size_t what = Below(100);
    if (what < 2) return Kill(name);
    if (what < 10) return at(name).SetDeaf(Below(2) == 0);
    Speak(name, what);
    NoteOrigins();
  }

  void Kill(const std::string& name) {
    const Incarnation incarnation = at(name).incarnation();
    at(name).End();
    NoteOrigins();
    ended_incarnations_.insert({name, incarnation.value});
  }

  void Speak(const std::string& name, size_t what) {
    PlayedEndpoint& endpoint = at(name);
    Child& child = children_[name];
    const auto actor = std::next(child.alive.begin(),
                                 static_cast<long>(Below(child.alive.size())));
    const uint64_t from = *actor;
    if (what < 20) return End(name, from);
    if (what < 50 || child.others.empty()) {
      const std::vector<std::string> targets =
          name == "a" ? std::vector<std::string>{"b", "c"}
                      : std::vector<std::string>{"d"};
      if (name == "d") return;
      return endpoint.SendNamed(from, targets[Below(targets.size())],
                                Payload());
    }
    const uint64_t to = child.others[Below(child.others.size())];
    if (what < 75) return endpoint.Send(from, to);
    ++child.links[to];
    endpoint.Link(from, to);
  }

  // A byte string of 200 bytes.
  static std::string Payload() {
    std::string payload = "\x58\xc8";
    return payload.append(200, 'x');
  }

  void End(const std::string& name, uint64_t actor) {
    Child& child = children_[name];
    const Incarnation incarnation = at(name).incarnation();
    at(name).Exit(actor, fmt::format("{} {}", name, actor));
    ended_.insert({name, incarnation.value, actor});
    child.alive.erase(actor);
    child.alive.insert(child.next++);
  }

  // What the child is told.
  void Listen(const std::string& name) {
    Child& child = children_[name];
    for (const std::string& text : at(name).Heard()) {
      const uint64_t id = std::stoull(text);
      const bool is_exit = text.find(" exited: ") != std::string::npos;
      EXPECT_FALSE(!is_exit && child.ends.contains(id)) << text << ", too late";
      if (text.find(" says ") != std::string::npos) {
        if (id != 0) child.others.push_back(id);
      } else if (text.find(" links ") != std::string::npos) {
        ++child.links[id];
      } else {
        const std::string reason = text.substr(text.find(": ") + 2);
        ++(reason == "no_such_actor" ? child.answers : child.ends)[id];
        child.reason[id] = reason;
        child.others.erase(
            std::remove(child.others.begin(), child.others.end(), id),
            child.others.end());
        ++told_;
      }
    }
  }

  void NoteOrigins() {
    for (const auto& actor : locals_.All()) {
      const RelayOrigin& origin = *actor->relayed();
      origins_[actor->id().value] = {*origin.endpoint, origin.incarnation.value,
                                     origin.remote.value};
    }
  }

  bool HasEnded(uint64_t id) {
    const Actor& actor = origins_.at(id);
    return ended_.contains(actor) ||
           ended_incarnations_.contains(
               {std::get<0>(actor), std::get<1>(actor)});
  }

  std::mt19937 random_;
  std::map<std::string, Child> children_;
  std::map<uint64_t, Actor> origins_;  // of relayed actors, by their ids
  std::set<Actor> ended_;
  std::set<std::pair<std::string, uint64_t>> ended_incarnations_;
  int told_ = 0;
};

TEST(RelayRandomTest, EachIsToldOnceOfEachEnd) {
  int told = 0;
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Storm storm(seed, {});
    storm.Run();
    storm.Check(/*full=*/false);
    told += storm.told();
  }
  EXPECT_GT(told, 1'000) << "there was something to tell";
}

TEST(RelayRandomTest, EachIsToldOnceThoughLanesOverflow) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Storm storm(seed, {.bytes = 2'000, .items = 5});
    storm.Run();
    storm.Check(/*full=*/true);
  }
}

}  // namespace
}  // namespace thespian::gateway
