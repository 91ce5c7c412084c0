// Whether the gateway's figures agree with themselves and with what its clients
// know.
//
// Threads:   stateless; safe from any thread.
#ifndef TESTS_SOAK_ACCOUNTS_H_
#define TESTS_SOAK_ACCOUNTS_H_

#include <string>
#include <vector>

#include "tests/soak/tally.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::soak {

// The identities that do not hold, in words with the figures. Every client has
// left, and the gateway is at rest.
std::vector<std::string> FindMistakes(const v1::EndpointCounters& counters,
                                      const Tally& tally);

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_ACCOUNTS_H_
