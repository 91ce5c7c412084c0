// The identities that an endpoint's figures keep at every moment.
#ifndef TESTS_SUPPORT_ACCOUNTING_H_
#define TESTS_SUPPORT_ACCOUNTING_H_

#include <cstdint>

#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// Of a counter that is told by reason.
template <typename Counts>
uint64_t SumOf(const Counts& counts) {
  uint64_t sum = 0;
  for (const auto& [reason, count] : counts) sum += count;
  return sum;
}

void ExpectBalanced(const v1::EndpointCounters& counters);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_ACCOUNTING_H_
