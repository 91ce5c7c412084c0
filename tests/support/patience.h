// How long tests wait for what must happen.
#ifndef TESTS_SUPPORT_PATIENCE_H_
#define TESTS_SUPPORT_PATIENCE_H_

#include <chrono>

namespace thespian::gateway {

// Only something that is broken takes so long, even on a machine with ten times
// as much to do as it can, where a process may wait for seconds to run.
inline constexpr std::chrono::seconds kPatience{60};

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_PATIENCE_H_
