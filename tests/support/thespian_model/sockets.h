// Sockets for the model, which blocks on them.
//
// Ownership: what is returned is the caller's.
// Threads:   stateless.
// Errors:    -1, and errno.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_SOCKETS_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_SOCKETS_H_

#include <string>
#include <string_view>

namespace thespian::gateway::model {

// An address is HOST:PORT with an IPv4 number, unix:PATH or unix:@NAME.
int ConnectTo(std::string_view address);
// `bound` is the address with the port that the system chose.
int ListenOn(std::string_view address, std::string& bound);

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_SOCKETS_H_
