#include "tests/soak/accounts.h"

#include <cstdint>
#include <string_view>

#include "fmt/format.h"
#include "tests/support/accounting.h"

namespace thespian::gateway::soak {
namespace {

class Mistakes {
 public:
  void ExpectEqual(std::string_view what, uint64_t one, uint64_t other) {
    if (one != other)
      found.push_back(fmt::format("{}: {} is not {}", what, one, other));
  }
  // `value` is at least `least`, and at most `more` above it.
  void ExpectWithin(std::string_view what, uint64_t value, uint64_t least,
                    uint64_t more) {
    if (value >= least && value - least <= more) return;
    found.push_back(fmt::format("{}: {} is not {} to {}", what, value, least,
                                least + more));
  }

  std::vector<std::string> found;
};

}  // namespace

std::vector<std::string> FindMistakes(const v1::EndpointCounters& counters,
                                      const Tally& tally) {
  Mistakes mistakes;
  mistakes.ExpectEqual("accepted, and written + refused + dropped + waiting",
                       counters.accepted(),
                       counters.written() + counters.refused() +
                           SumOf(counters.dropped()) + counters.waiting());
  mistakes.ExpectEqual("received, and delivered + undeliverable + skipped",
                       counters.received(),
                       counters.delivered() + SumOf(counters.undeliverable()) +
                           counters.skipped());
  mistakes.ExpectEqual("proxies created, and closed + live",
                       counters.proxies_created(),
                       counters.proxies_closed() + counters.proxies_live());
  mistakes.ExpectEqual("waiting messages", counters.waiting(), 0);
  mistakes.ExpectEqual("waiting bytes", counters.queued_bytes(), 0);
  mistakes.ExpectEqual("frames that were not understood", counters.skipped(),
                       0);
  mistakes.ExpectWithin("messages written, as far as clients know",
                        counters.written(), tally.written(), tally.uncertain());
  mistakes.ExpectWithin("messages delivered and read, as far as clients know",
                        counters.delivered() - SumOf(counters.unread()),
                        tally.seen(), tally.missed());
  return std::move(mistakes.found);
}

}  // namespace thespian::gateway::soak
