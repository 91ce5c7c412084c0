// Watches every life from the beginning to the end of a soak: each proxy and
// each link must begin once and end once.
//
// Ownership: owns its thread, which ends in the destructor.
// Threads:   thread-compatible.
// Errors:    faults, in the tally.
// Memory:    what lives.
#ifndef TESTS_SOAK_LIFE_WATCH_H_
#define TESTS_SOAK_LIFE_WATCH_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <thread>
#include <tuple>

#include "clients/cpp/client.h"
#include "tests/soak/tally.h"

namespace thespian::gateway::soak {

class LifeWatch {
 public:
  // `tally` outlives it.
  LifeWatch(client::Client& client, Tally& tally);
  ~LifeWatch();

  uint64_t events() const { return events_; }
  // How often the gateway had no more of what it should have seen.
  uint64_t losses() const { return losses_; }

 private:
  // Of an incarnation.
  using Proxy = std::tuple<uint64_t, uint64_t>;
  using Link = std::tuple<uint64_t, uint64_t, uint64_t>;

  void Run();
  void Take(const v1::ProxyEvent& event);
  void TakeCreated(const v1::ProxyEvent& event);
  void TakeClosed(const v1::ProxyEvent& event);
  void TakeLink(const v1::ProxyEvent& event);
  void TakeUnlink(const v1::ProxyEvent& event);
  void TakeState(const v1::ProxyEvent& event);
  void Expect(bool holds, const v1::ProxyEvent& event, const char* what);

  Tally& tally_;
  const std::unique_ptr<client::ResumingWatch> watch_;
  std::atomic<uint64_t> events_ = 0;
  std::atomic<uint64_t> losses_ = 0;
  std::atomic<bool> ending_ = false;
  bool whole_ = true;  // nothing has been missed yet: every link is known
  std::set<Proxy> proxies_;
  std::set<Link> links_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_LIFE_WATCH_H_
