// A fuzz target is one property of one part, for any input at all. Each is
// built twice: with libFuzzer, which looks for inputs that break it (./dev
// fuzz), and with a main that runs a corpus, for every test run.
//
// Errors:    a property that does not hold ends the process (Check).
#ifndef TESTS_FUZZ_FUZZ_TARGET_H_
#define TESTS_FUZZ_FUZZ_TARGET_H_

#include <string_view>

namespace thespian::gateway {

// Defined by each target. It keeps nothing from one call to the next.
void TryInput(std::string_view input);

}  // namespace thespian::gateway

#endif  // TESTS_FUZZ_FUZZ_TARGET_H_
