// The identities that an endpoint's figures keep at every moment.
#ifndef TESTS_SUPPORT_ACCOUNTING_H_
#define TESTS_SUPPORT_ACCOUNTING_H_

#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

void ExpectBalanced(const v1::EndpointCounters& counters);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_ACCOUNTING_H_
