#include "tests/support/accounting.h"

#include "gtest/gtest.h"

namespace thespian::gateway {

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
