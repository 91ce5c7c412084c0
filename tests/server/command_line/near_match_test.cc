#include "server/command_line/near_match.h"

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

TEST(EditDistanceTest, CountsTheSteps) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("call", "call"), 0u);
  EXPECT_EQ(EditDistance("", "call"), 4u);
  EXPECT_EQ(EditDistance("call", ""), 4u);
  EXPECT_EQ(EditDistance("callx", "call"), 1u);
  EXPECT_EQ(EditDistance("cal", "call"), 1u);
  EXPECT_EQ(EditDistance("cell", "call"), 1u);
  EXPECT_EQ(EditDistance("clal", "call"), 1u) << "neighbours are swapped";
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("stop_grace", "stop-grace"), 1u);
}

TEST(NearMatchTest, IsTheNearestAndNoneThatIsFar) {
  const std::vector<std::string> words = {"send", "send-named", "call",
                                          "restart", "start"};
  EXPECT_EQ(NearMatch("callx", words), "call");
  EXPECT_EQ(NearMatch("sned", words), "send");
  EXPECT_EQ(NearMatch("sendnamed", words), "send-named");
  EXPECT_EQ(NearMatch("estart", words), "restart");
  EXPECT_EQ(NearMatch("frob", words), "");
  EXPECT_EQ(NearMatch("", words), "");
  EXPECT_EQ(NearMatch("call", {}), "");
  EXPECT_EQ(NearMatch(std::string(100'000, 'x'), words), "");
}

TEST(NearMatchTest, IsAskedForInWords) {
  EXPECT_EQ(DidYouMean("callx", {"call"}), ", did you mean call?");
  EXPECT_EQ(DidYouMean("frob", {"call"}), "");
}

}  // namespace
}  // namespace thespian::gateway
