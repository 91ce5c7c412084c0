// How many locks a message takes on its way, counted over all threads of the
// gateway; `./dev locks` prints it.
#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "endpoint/lock_check.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"

namespace thespian::gateway {
namespace {

constexpr size_t kMessages = 50;

// One that is not on every message's way may come in between.
constexpr double kMostOfASend = 6;
constexpr double kMostOfADelivery = 7.5;

// What one message takes, on average: what a thread does after an answer counts
// for the next message.
struct Locks {
  double acquisitions = 0;
  double mutexes = 0;
};

class LockCountTest : public GatewayTest {
 protected:
  // `step` sends or receives one message.
  template <typename Step>
  Locks CountPerMessage(const std::string& what, Step step) {
    for (int i = 0; i < 3; ++i) step();
    LockRecord record;
    Locks sum;
    std::map<std::string, size_t> places;
    for (size_t i = 0; i < kMessages; ++i) {
      step();
      std::set<const void*> mutexes;
      for (const LockRecord::Entry& entry : record.Take()) {
        mutexes.insert(entry.mutex);
        ++places[NameOf(entry.place)];
        ++sum.acquisitions;
      }
      sum.mutexes += static_cast<double>(mutexes.size());
    }
    Print(what, {sum.acquisitions / kMessages, sum.mutexes / kMessages},
          places);
    return {sum.acquisitions / kMessages, sum.mutexes / kMessages};
  }

 private:
  static void Print(const std::string& what, const Locks& locks,
                    const std::map<std::string, size_t>& places) {
    fmt::print("{}: {:.1f} acquisitions on {:.1f} mutexes\n", what,
               locks.acquisitions, locks.mutexes);
    for (const auto& [place, count] : places) {
      fmt::print("  {:5.2f} {}\n", static_cast<double>(count) / kMessages,
                 place);
    }
  }
};

TEST_F(LockCountTest, AUnarySend) {
  RunScript({});

  const Locks locks = CountPerMessage("one unary send", [this] {
    ASSERT_THAT(Send(SendRequestTo("x", Text("hello"))), IsRpcOk());
  });

  EXPECT_GE(locks.acquisitions, 1);
  EXPECT_LE(locks.acquisitions, kMostOfASend);
}

TEST_F(LockCountTest, ADelivery) {
  RunDemo();
  const auto client = Attach();
  ASSERT_TRUE(client->Do(SendToName("ticker", Json("[\"subscribe\", 1]"))));

  const Locks locks = CountPerMessage("one delivery", [&client] {
    ASSERT_TRUE(client->Next(v1::ActorEvent::kDelivery).has_value());
  });

  EXPECT_GE(locks.acquisitions, 1);
  EXPECT_LE(locks.acquisitions, kMostOfADelivery);
}

}  // namespace
}  // namespace thespian::gateway
