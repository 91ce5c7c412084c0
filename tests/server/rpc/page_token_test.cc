#include "server/rpc/page_token.h"

#include <cctype>
#include <limits>
#include <string>

#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::Optional;

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

void ExpectRefused(const std::string& text) {
  EXPECT_THAT(ReasonOf(ReadPageToken("list", text).status()),
              Optional(ErrorReason::kFieldInvalid))
      << text;
}

TEST(PageTokenTest, ComesBackAsItWas) {
  for (const PageToken token :
       {PageToken{}, PageToken{1, 2}, PageToken{kMost, kMost}}) {
    const auto read = ReadPageToken("list", WritePageToken("list", token));
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(read->table, token.table);
    EXPECT_EQ(read->place, token.place);
  }
}

TEST(PageTokenTest, NoneIsTheBeginning) {
  const auto read = ReadPageToken("list", "");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->place, 0u);
}

TEST(PageTokenTest, AnythingElseIsRefused) {
  const std::string good = WritePageToken("list", {1, 0xabc});
  for (size_t i = 0; i < good.size(); ++i) {
    std::string other = good;
    other[i] = other[i] == '0' ? '1' : '0';
    ExpectRefused(other);
  }
  for (const std::string& other :
       {" " + good, good + " ", good + "\n", good.substr(1), good + "0",
        "+" + good.substr(1), std::string("0"), std::string(48, '0')}) {
    ExpectRefused(other);
  }
  std::string upper = good;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  ExpectRefused(upper);
}

TEST(PageTokenTest, OneOfAnotherListIsRefused) {
  ExpectRefused(WritePageToken("another", {1, 2}));
}

}  // namespace
}  // namespace thespian::gateway
