#include "tests/support/allocations.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace thespian::gateway {
namespace {

thread_local Allocations counted;  // NOLINT(house): operator new has no object

}  // namespace

void StartCounting() { counted = {}; }

Allocations CountedAllocations() { return counted; }

}  // namespace thespian::gateway

void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  auto& counted = thespian::gateway::counted;
  ++counted.count;
  counted.live_bytes += static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  counted.peak_bytes = std::max(counted.peak_bytes, counted.live_bytes);
  return memory;
}

// A sanitizer's own would not count, and not suit the operator delete below.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return operator new(size);
}

void operator delete(void* memory) noexcept {
  thespian::gateway::counted.live_bytes -=
      static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  std::free(memory);
}

void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
