// A page of local actors costs the page, not the table. Linked with an operator
// new that counts.
#include <memory>
#include <vector>

#include "endpoint/actors/local_actors.h"
#include "gmock/gmock.h"
#include "tests/support/allocations.h"
#include "tests/support/test_actor.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

TEST(LocalActorPagesTest, APageTakesNoMoreMemoryThanItsRows) {
  constexpr size_t kActors = 10'000;
  constexpr size_t kRows = 16;
  TestClock clock;
  LocalActors actors(clock, kActors);
  for (size_t i = 0; i < kActors; ++i) {
    ASSERT_TRUE(actors.Open(std::make_shared<TestActor>(), "").ok());
  }
  StartCounting();
  const auto page = actors.List(LocalId{kActors / 2}, kRows);
  const std::ptrdiff_t peak = CountedAllocations().peak_bytes;
  ASSERT_EQ(page.size(), kRows);
  EXPECT_EQ(page.front()->id(), LocalId{kActors / 2 + 1});
  EXPECT_EQ(page.back()->id(), LocalId{kActors / 2 + kRows});
  // A vector that grows holds its old half as well.
  EXPECT_LE(peak, static_cast<std::ptrdiff_t>(2 * kRows * sizeof(page[0])));
}

}  // namespace
}  // namespace thespian::gateway
