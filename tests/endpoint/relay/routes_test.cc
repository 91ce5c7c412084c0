// Which pool a name leads to.
#include "endpoint/relay/routes.h"

#include <string>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using ::testing::IsNull;
using ::testing::Pointee;

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

}  // namespace
}  // namespace thespian::gateway
