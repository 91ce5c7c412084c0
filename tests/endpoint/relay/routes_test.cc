// Which pool a name leads to, and which routes may be.
#include "endpoint/relay/routes.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsNull;
using ::testing::Pointee;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(RoutesTest, TheNameItselfComesBeforeTheLongestPrefix) {
  const Routes routes({{"db.*", "database"},
                       {"db.log.*", "logs"},
                       {"db.log.x", "exact"},
                       {"*", "rest"}});
  EXPECT_THAT(routes.Find("db.log.x"), Pointee(std::string("exact")));
  EXPECT_THAT(routes.Find("db.log.y"), Pointee(std::string("logs")));
  EXPECT_THAT(routes.Find("db.users"), Pointee(std::string("database")));
  EXPECT_THAT(routes.Find("db"), Pointee(std::string("rest")));
}

TEST(RoutesTest, ANameThatNoneIsForLeadsNowhere) {
  EXPECT_TRUE(Routes().empty());
  EXPECT_THAT(Routes().Find("logger"), IsNull());
  const Routes routes({{"logger", "logs"}, {"db.*", "database"}});
  EXPECT_FALSE(routes.empty());
  EXPECT_THAT(routes.Find("logger2"), IsNull());
  EXPECT_THAT(routes.Find("db*"), IsNull());
}

TEST(RoutesTest, ADiamondIsNoLoop) {
  EXPECT_THAT(CheckRoutes({{"a", {{"b", "b"}, {"c", "c"}}},
                           {"b", {{"d", "d"}}},
                           {"c", {{"d", "d"}}},
                           {"d", {}}}),
              IsOk());
}

TEST(RoutesTest, ALoopIsRefusedWithItsWay) {
  EXPECT_THAT(CheckRoutes({{"a", {{"x", "a"}}}}),
              StatusIs(kInvalid, HasSubstr("a -> a")));
  EXPECT_THAT(
      CheckRoutes(
          {{"a", {{"x", "b"}}}, {"b", {{"y", "c"}}}, {"c", {{"z.*", "b"}}}}),
      StatusIs(kInvalid, AllOf(HasSubstr("'z.*'"), HasSubstr("b -> c -> b"))));
}

TEST(RoutesTest, ARouteLeadsToAPoolThatThereIs) {
  EXPECT_THAT(CheckRoutes({{"a", {{"logger", "logs"}}}}),
              StatusIs(kInvalid, AllOf(HasSubstr("'a'"), HasSubstr("'logger'"),
                                       HasSubstr("'logs'"))));
}

TEST(RoutesTest, AStarIsAtTheEndOfANameOnly) {
  for (const char* name : {"", "a*b", "*a", "a**", "\xff"}) {
    EXPECT_THAT(CheckRoutes({{"a", {{name, "b"}}}, {"b", {}}}),
                StatusIs(kInvalid))
        << name;
  }
  EXPECT_THAT(CheckRoutes({{"a", {{"*", "b"}}}, {"b", {}}}), IsOk());
}

}  // namespace
}  // namespace thespian::gateway
