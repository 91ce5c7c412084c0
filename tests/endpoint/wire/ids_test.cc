#include "endpoint/wire/ids.h"

#include <cstdint>
#include <limits>
#include <type_traits>

#include "absl/hash/hash.h"
#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

static_assert(!std::is_convertible_v<WriterId, ReaderId>);
static_assert(!std::is_convertible_v<RemoteId, LocalId>);
static_assert(!std::is_convertible_v<WriterId, RemoteId>);
static_assert(!std::is_convertible_v<uint64_t, RemoteId>);
static_assert(!std::is_convertible_v<RemoteId, uint64_t>);

TEST(IdsTest, IsNobodyAtFirst) { EXPECT_EQ(RemoteId{}.value, 0u); }

TEST(IdsTest, OrdersByUnsignedValue) {
  const RemoteId largest{std::numeric_limits<uint64_t>::max()};
  EXPECT_LT(RemoteId{1}, largest);
  EXPECT_EQ(RemoteId{7}, RemoteId{7});
  EXPECT_NE(RemoteId{7}, RemoteId{8});
}

TEST(IdsTest, EqualIdsHashAlike) {
  EXPECT_EQ(absl::Hash<LocalId>{}({7}), absl::Hash<LocalId>{}({7}));
  EXPECT_NE(absl::Hash<LocalId>{}({7}), absl::Hash<LocalId>{}({8}));
}

}  // namespace
}  // namespace thespian::gateway
