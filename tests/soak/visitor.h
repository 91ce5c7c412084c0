// Comes and goes: visit after visit, of a kind that chance decides, each with a
// connection of its own now and then.
//
// Ownership: owns its thread, which ends in the destructor, after the visit.
// Threads:   thread-compatible.
// Errors:    faults, in the tally.
#ifndef TESTS_SOAK_VISITOR_H_
#define TESTS_SOAK_VISITOR_H_

#include <cstdint>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>

#include "clients/cpp/client.h"
#include "tests/soak/guest.h"
#include "tests/soak/tally.h"

namespace thespian::gateway::soak {

class Visitor {
 public:
  // `tally` outlives it.
  Visitor(std::string address, uint32_t seed, Tally& tally);

 private:
  void Run(const std::stop_token& stop);
  void Visit(const std::stop_token& stop);
  void Connect();

  // Is an actor, talks to others and links itself to them.
  void Attend();
  // The commands that were queued, by kind.
  struct Said {
    uint64_t sends = 0;
    uint64_t links = 0;
  };
  Said SayMuch(client::Actor& actor, const Guest& guest);
  // Ends as it should, or goes away.
  void TakeLeave(client::Actor& actor, const Guest& guest, const Said& said);

  void Send();
  void Call();
  void Listen();
  void Watch(const std::stop_token& stop);

  uint32_t UpTo(uint32_t last) {
    return std::uniform_int_distribution<uint32_t>(0, last)(random_);
  }

  const std::string address_;
  Tally& tally_;
  std::mt19937 random_;
  std::optional<client::Client> client_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_VISITOR_H_
