// What the kernel tells about the process that asks, and about others.
//
// Threads:   safe from any thread.
// Errors:    an empty answer.
#ifndef TESTS_SUPPORT_OWN_PROCESS_H_
#define TESTS_SUPPORT_OWN_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace thespian::gateway {

// The value of a field of /proc/self/status, such as "SigIgn".
std::string OwnStatus(std::string_view field);

// The same of another process.
std::string StatusOf(pid_t pid, std::string_view field);

// The open descriptors, in order.
std::vector<int> OwnDescriptors();

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_OWN_PROCESS_H_
