#include "server/access/tokens.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "server/access/token.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsNull;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Verdict = Tokens::Verdict;

constexpr absl::StatusCode kWrong = absl::StatusCode::kFailedPrecondition;

absl::Time At(const std::string& time) {
  absl::Time at;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, time, &at, nullptr));
  return at;
}

// FIPS 180-2, appendix B.1.
TEST(TokenTest, TheHashIsSha256) {
  const std::string text =
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(ToText(HashToken("abc")), text);
  EXPECT_EQ(ReadTokenHash(text), HashToken("abc"));
}

TEST(TokenTest, EachIsAnother) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto made = MakeToken("web", absl::InfiniteFuture());
    ASSERT_THAT(made, IsOk());
    EXPECT_THAT(made->token, AllOf(StartsWith("tgw_"), SizeIs(4 + 43)));
    EXPECT_THAT(made->entry, Not(HasSubstr(made->token)));
    EXPECT_TRUE(seen.insert(made->token).second);
  }
}

TEST(TokenTest, NamesArePlain) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a\"b"),
        std::string("a/b"), std::string(65, 'a')}) {
    EXPECT_THAT(MakeToken(name, absl::InfiniteFuture()),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << name;
  }
  EXPECT_THAT(MakeToken(std::string(64, 'a'), absl::InfiniteFuture()), IsOk());
}

TEST(TokensTest, WhatIsMadeIsFoundUntilItExpires) {
  const absl::Time expires = At("2027-01-31T12:00:00Z");
  const auto mine = MakeToken("mine", expires);
  const auto other = MakeToken("other.x", absl::InfiniteFuture());
  ASSERT_THAT(mine, IsOk());
  ASSERT_THAT(other, IsOk());

  const auto tokens = Tokens::Parse(mine->entry + other->entry, "f");

  ASSERT_THAT(tokens, IsOk());
  const absl::Time before = expires - absl::Seconds(1);
  const Tokens::Found found = (*tokens)->Find(mine->token, before);
  EXPECT_EQ(found.verdict, Verdict::kGood);
  EXPECT_EQ(found.principal->text(), "token:mine");
  EXPECT_EQ((*tokens)->Find(mine->token, expires).verdict, Verdict::kExpired);
  EXPECT_THAT((*tokens)->Find(mine->token, expires).principal, IsNull());
  EXPECT_EQ((*tokens)->Find(other->token, expires).principal->text(),
            "token:other.x");
}

TEST(TokensTest, NothingElseIsFound) {
  const auto made = MakeToken("web", absl::InfiniteFuture());
  ASSERT_THAT(made, IsOk());
  const auto tokens = Tokens::Parse(made->entry, "f");
  ASSERT_THAT(tokens, IsOk());
  std::vector<std::string> wrong = {"", "tgw_", ToText(HashToken(made->token)),
                                    made->token + "A", " " + made->token};
  wrong.push_back(made->token.substr(0, made->token.size() - 1));
  for (size_t i = 0; i < made->token.size(); ++i) {
    wrong.push_back(made->token);
    wrong.back()[i] ^= 1;
  }
  for (const std::string& token : wrong) {
    const Tokens::Found found = (*tokens)->Find(token, absl::UnixEpoch());
    EXPECT_EQ(found.verdict, Verdict::kUnknown) << token;
    EXPECT_THAT(found.principal, IsNull());
  }
}

TEST(TokensTest, OneNameMayHaveTwoTokens) {
  const auto first = MakeToken("web", absl::InfiniteFuture());
  const auto second = MakeToken("web", absl::InfiniteFuture());
  const auto tokens = Tokens::Parse(first->entry + second->entry, "f");
  ASSERT_THAT(tokens, IsOk());
  for (const std::string& token : {first->token, second->token}) {
    EXPECT_EQ((*tokens)->Find(token, absl::UnixEpoch()).principal->text(),
              "token:web");
  }
}

TEST(TokensTest, TimesHaveAnOffset) {
  const auto with = [](const std::string& expires) {
    return "[[token]]\nname = \"a\"\nhash = \"" + ToText(HashToken("t")) +
           "\"\nexpires = " + expires + "\n";
  };
  const auto tokens = Tokens::Parse(with("2027-01-31T12:00:00+02:00"), "f");
  ASSERT_THAT(tokens, IsOk());
  EXPECT_EQ((*tokens)->Find("t", At("2027-01-31T09:59:59Z")).verdict,
            Verdict::kGood);
  EXPECT_EQ((*tokens)->Find("t", At("2027-01-31T10:00:00Z")).verdict,
            Verdict::kExpired);
  for (const std::string& wrong :
       {std::string("2027-01-31"), std::string("2027-01-31T12:00:00"),
        std::string("\"2027-01-31T12:00:00Z\""), std::string("1")}) {
    EXPECT_THAT(Tokens::Parse(with(wrong), "f"),
                StatusIs(kWrong, StartsWith("f:4:11: expires must be a date "
                                            "and a time with an offset")))
        << wrong;
  }
}

TEST(TokensTest, TheFileIsCheckedWhole) {
  const std::string good =
      "[[token]]\nname = \"a\"\nhash = \"" + ToText(HashToken("t")) + "\"\n";
  struct Wrong {
    std::string text;
    std::string error;
  };
  const std::vector<Wrong> wrongs = {
      {good + good, "f:4:1: there is this hash already"},
      {good + "[[token]]\nname = \"b\"\n", "f:4:1: a token needs hash"},
      {good + "expiry = 3\n",
       "f:4:1: a token has no expiry, did you mean "
       "expires?"},
      {"[[tokens]]\n",
       "f:1:3: a token file has no tokens, did you mean "
       "token?"},
      {"[[token]]\nname = \"a b\"\n",
       "f:2:8: name must have 1 to 64 letters, digits, '.', '_' and '-'"},
  };
  for (const Wrong& wrong : wrongs) {
    EXPECT_THAT(Tokens::Parse(wrong.text, "f"), StatusIs(kWrong, wrong.error))
        << wrong.text;
  }
  EXPECT_THAT(Tokens::Parse("", "f"), IsOk());
}

TEST(TokensTest, ATokenInTheFileIsNotRepeatedInTheError) {
  const auto made = MakeToken("web", absl::InfiniteFuture());
  const auto tokens = Tokens::Parse(
      "[[token]]\nname = \"a\"\nhash = \"" + made->token + "\"\n", "f");
  EXPECT_THAT(tokens, StatusIs(kWrong,
                               "f:3:8: hash must be sha256: and 64 "
                               "hexadecimal digits"));
}

}  // namespace
}  // namespace thespian::gateway
