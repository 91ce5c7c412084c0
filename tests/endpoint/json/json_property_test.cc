// What holds of the JSON mapping whatever the payload.
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "endpoint/json/json_payload.h"
#include "endpoint/wire/dialects.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/endpoint/json/random_pair.h"
#include "tests/support/cbor_oracle.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using nlohmann::ordered_json;
using ::testing::AnyOf;

constexpr uint32_t kSeed = 20'240'501;
constexpr int kRounds = 5'000;

TEST(JsonPropertyTest, CborComesBackInItsCanonicalForm) {
  RandomPair values(kSeed);
  for (int i = 0; i < kRounds; ++i) {
    const Pair value = values.Next(/*depth=*/5);
    SCOPED_TRACE(ToHex(value.loose));
    const absl::StatusOr<std::string> json = CborToJson(value.loose);
    ASSERT_THAT(json, IsOk());
    ASSERT_TRUE(nlohmann::json::accept(*json)) << *json;
    ASSERT_THAT(JsonToCbor(*json), IsOkAndHolds(value.canonical)) << *json;
  }
}

TEST(JsonPropertyTest, CanonicalCborIsTheSameJson) {
  RandomPair values(kSeed + 1);
  for (int i = 0; i < kRounds; ++i) {
    const Pair value = values.Next(/*depth=*/5);
    ASSERT_EQ(CborToJson(value.loose), CborToJson(value.canonical))
        << ToHex(value.loose);
  }
}

// Plain JSON: no object whose only key begins with '$'.
class RandomJson {
 public:
  explicit RandomJson(uint32_t seed) : random_(seed) {}

  ordered_json Next(size_t depth) {
    switch (UpTo(depth > 0 ? 8 : 5)) {
      case 0:
        return nullptr;
      case 1:
        return UpTo(1) == 0;
      case 2:
        return static_cast<int64_t>(UpTo((1ull << 53) - 1) >> UpTo(52));
      case 3:
        return -static_cast<int64_t>(UpTo((1ull << 53) - 1) >> UpTo(52));
      case 4:
        return std::uniform_real_distribution(-1e9, 1e9)(random_);
      case 5:
        return Text();
      case 6:
      case 7:
        return Array(depth - 1);
      default:
        return Object(depth - 1);
    }
  }

 private:
  uint64_t UpTo(uint64_t last) {
    return std::uniform_int_distribution<uint64_t>(0, last)(random_);
  }

  std::string Text() {
    std::string text;
    for (uint64_t size = UpTo(40); size > 0; --size) {
      text += UpTo(5) == 0 ? std::string("\xe2\x82\xac")
                           : std::string(1, static_cast<char>(UpTo(127)));
    }
    return text;
  }

  ordered_json Array(size_t depth) {
    ordered_json array = ordered_json::array();
    for (uint64_t size = UpTo(30); size > 0; --size) {
      array.push_back(Next(UpTo(depth)));
    }
    return array;
  }

  ordered_json Object(size_t depth) {
    ordered_json object = ordered_json::object();
    for (uint64_t size = UpTo(30); size > 0; --size) {
      object["k" + Text()] = Next(UpTo(depth));
    }
    return object;
  }

  std::mt19937 random_;
};

TEST(JsonPropertyTest, JsonComesBackAsItWas) {
  RandomJson values(kSeed + 2);
  for (int i = 0; i < kRounds / 10; ++i) {
    const std::string json = values.Next(/*depth=*/4).dump();
    const absl::StatusOr<std::string> cbor = JsonToCbor(json);
    ASSERT_THAT(cbor, IsOk()) << json;
    ASSERT_THAT(CborToJson(*cbor), IsOkAndHolds(json));
  }
}

// Whatever JSON people write, what goes to a child is one well-formed item that
// can be shown again.
TEST(JsonPropertyTest, DamagedJsonIsRefusedOrStillOneItem) {
  std::mt19937 random(kSeed + 3);
  RandomPair values(kSeed + 4);
  int taken = 0;
  for (int i = 0; i < kRounds; ++i) {
    std::string json = CborToJson(values.Next(/*depth=*/4).loose).value();
    static constexpr std::string_view kBits = "[]{}\",:$0-1e\xff";
    json[random() % json.size()] = kBits[random() % kBits.size()];
    const absl::StatusOr<std::string> cbor = JsonToCbor(json);
    ASSERT_THAT(cbor,
                AnyOf(IsOk(), StatusIs(absl::StatusCode::kInvalidArgument)));
    if (!cbor.ok()) continue;
    ++taken;
    ASSERT_THAT(CheckPayload(*cbor, PayloadRules::kAnyItem), IsOk()) << json;
    ASSERT_THAT(CborToJson(*cbor), IsOk()) << json;
  }
  EXPECT_GT(taken, kRounds / 100);
}

TEST(JsonPropertyTest, RandomBytesAreJsonExactlyIfTheyAreOneItem) {
  std::mt19937 random(kSeed + 5);
  int taken = 0;
  for (int i = 0; i < kRounds; ++i) {
    std::string bytes(1 + random() % 12, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const Judgement judged = JudgeItem(bytes);
    const bool one = judged.well_formed && judged.size == bytes.size();
    taken += one ? 1 : 0;
    ASSERT_EQ(CborToJson(bytes).ok(), one) << ToHex(bytes);
  }
  EXPECT_GT(taken, kRounds / 100);
}

}  // namespace
}  // namespace thespian::gateway
