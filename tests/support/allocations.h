// Counts what the calling thread takes from the global operator new.
//
// Linking this replaces operator new for the whole program: see
// tg_test_allocations.
// Threads:   each thread has its own counts.
#ifndef TESTS_SUPPORT_ALLOCATIONS_H_
#define TESTS_SUPPORT_ALLOCATIONS_H_

#include <cstddef>

namespace thespian::gateway {

struct Allocations {
  size_t count = 0;
  std::ptrdiff_t live_bytes = 0;  // negative: more was given back than taken
  std::ptrdiff_t peak_bytes = 0;  // most live at once
};

// Counts anew from here on.
void StartCounting();

// Since StartCounting.
Allocations CountedAllocations();

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_ALLOCATIONS_H_
