#include "tests/support/accounting.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace thespian::gateway {
namespace {

template <typename Counts>
uint64_t SumOf(const Counts& counts) {
  uint64_t sum = 0;
  for (const auto& [reason, count] : counts) sum += count;
  return sum;
}

}  // namespace

void ExpectBalanced(const v1::EndpointCounters& counters) {
  EXPECT_EQ(counters.accepted(), counters.written() + counters.refused() +
                                     SumOf(counters.dropped()) +
                                     counters.waiting());
  EXPECT_EQ(counters.received(), counters.delivered() +
                                     SumOf(counters.undeliverable()) +
                                     counters.skipped());
  EXPECT_EQ(counters.proxies_created() - counters.proxies_closed(),
            counters.proxies_live());
  EXPECT_LE(SumOf(counters.unread()), counters.delivered());
}

}  // namespace thespian::gateway
