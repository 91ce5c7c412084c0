// Pictures of a table of proxies, taken bit by bit while it changes.
#include "endpoint/actors/proxy_picture.h"

#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "absl/time/time.h"
#include "endpoint/actors/remote_actors.h"
#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Ids = std::set<uint64_t>;
using Picture = std::shared_ptr<const ProxyPicture>;

constexpr size_t kAll = 1'000'000;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class ProxyPictureTest : public ::testing::Test {
 protected:
  void Speak(uint64_t remote) {
    table_.NoteSpoke({remote}, /*message=*/true, kNow);
  }
  void SpeakUpTo(uint64_t last) {
    for (uint64_t id = 1; id <= last; ++id) Speak(id);
  }

  Picture Take() {
    table_.BeginPicture();
    return table_.ContinuePicture(kAll);
  }

  static Ids IdsOf(const Picture& picture) {
    Ids ids;
    for (const auto& piece : picture->pieces) {
      for (const LiveProxy& proxy : *piece) {
        EXPECT_TRUE(ids.insert(proxy.id.value).second) << "twice";
        EXPECT_EQ(absl::FromUnixNanos(proxy.created_ns), kNow);
      }
    }
    EXPECT_EQ(ids.size(), picture->proxies());
    return ids;
  }

  RemoteActors table_{/*piece_places=*/4};
};

TEST_F(ProxyPictureTest, HasThoseThatLive) {
  SpeakUpTo(9);
  table_.Close({8});
  EXPECT_THAT(IdsOf(Take()), ElementsAre(1, 2, 3, 4, 5, 6, 7, 9));
}

TEST_F(ProxyPictureTest, OfAnEmptyTableIsEmpty) {
  EXPECT_THAT(IdsOf(Take()), IsEmpty());
  SpeakUpTo(9);
  table_.CloseAll();
  EXPECT_THAT(IdsOf(Take()), IsEmpty());
}

TEST_F(ProxyPictureTest, IsCompleteWhenAllPiecesAreTaken) {
  SpeakUpTo(12);
  table_.BeginPicture();
  EXPECT_EQ(table_.ContinuePicture(2), nullptr);
  const Picture picture = table_.ContinuePicture(1);
  ASSERT_NE(picture, nullptr);
  EXPECT_EQ(picture->pieces.size(), 3u);
}

TEST_F(ProxyPictureTest, OneOfAnUnchangedTableIsTheOneThatThereIs) {
  SpeakUpTo(9);
  const Picture first = Take();
  EXPECT_TRUE(table_.HasCurrentPicture());
  Speak(3);  // it is known already
  table_.NoteSent({{4}}, kNow);
  EXPECT_EQ(Take(), first);
  Speak(10);
  EXPECT_FALSE(table_.HasCurrentPicture());
  EXPECT_NE(Take(), first);
}

TEST_F(ProxyPictureTest, IsNotKeptForItself) {
  SpeakUpTo(9);
  const std::weak_ptr<const ProxyPicture> first = Take();
  EXPECT_TRUE(first.expired());
  EXPECT_FALSE(table_.HasCurrentPicture());
}

TEST_F(ProxyPictureTest, SharesThePiecesThatDidNotChange) {
  SpeakUpTo(16);
  const Picture first = Take();
  table_.Close({6});
  const Picture second = Take();
  ASSERT_EQ(second->pieces.size(), 4u);
  for (const size_t i : {0, 2, 3}) {
    EXPECT_EQ(first->pieces[i], second->pieces[i]);
  }
  EXPECT_NE(first->pieces[1], second->pieces[1]);
  EXPECT_TRUE(IdsOf(first).contains(6));
  EXPECT_FALSE(IdsOf(second).contains(6));
}

TEST_F(ProxyPictureTest, ThatWasOvertakenIsNotTheCurrentOne) {
  SpeakUpTo(8);
  table_.BeginPicture();
  EXPECT_EQ(table_.ContinuePicture(1), nullptr);
  Speak(9);
  const Picture picture = table_.ContinuePicture(kAll);
  EXPECT_FALSE(table_.HasCurrentPicture());
  EXPECT_FALSE(IdsOf(picture).contains(9));
  EXPECT_TRUE(IdsOf(Take()).contains(9));
}

// Whatever happens while it is taken.
TEST_F(ProxyPictureTest, IsOfTheMomentAtWhichItWasBegun) {
  std::mt19937 random(20'261'127);
  const auto up_to = [&random](uint64_t last) {
    return std::uniform_int_distribution<uint64_t>(0, last)(random);
  };
  Ids live;
  const auto change = [&] {
    const uint64_t id = 1 + up_to(60);
    if (up_to(400) == 0) {
      table_.CloseAll();
      live.clear();
    } else if (up_to(1) == 0) {
      table_.Close({id});
      live.erase(id);
    } else {
      Speak(id);
      live.insert(id);
    }
  };
  std::vector<Picture> kept;  // pieces are shared with some of them
  for (int round = 0; round < 500; ++round) {
    const Ids expected = live;
    table_.BeginPicture();
    Picture picture;
    while (picture == nullptr) {
      for (uint64_t changes = up_to(5); changes > 0; --changes) change();
      picture = table_.ContinuePicture(1 + up_to(3));
    }
    EXPECT_EQ(IdsOf(picture), expected);
    if (up_to(1) == 0) kept.push_back(picture);
    if (kept.size() > 5) kept.erase(kept.begin());
  }
}

}  // namespace
}  // namespace thespian::gateway
