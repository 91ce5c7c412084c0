#include "server/host/connection_table.h"

#include <sys/socket.h>

#include <utility>
#include <vector>

#include "endpoint/process/unique_fd.h"
#include "gtest/gtest.h"

namespace thespian::gateway {
namespace {

using Verdict = ConnectionTable::Verdict;

UniqueFd Connection() { return UniqueFd(socket(AF_UNIX, SOCK_STREAM, 0)); }

TEST(ConnectionTableTest, AdmitsAsManyAsThereMayBe) {
  ConnectionTable table({.total = 2});
  const UniqueFd one = Connection();
  const UniqueFd two = Connection();
  const UniqueFd three = Connection();
  EXPECT_EQ(table.Admit(one.get(), {}), Verdict::kAdmitted);
  EXPECT_EQ(table.Admit(two.get(), {}), Verdict::kAdmitted);
  EXPECT_EQ(table.Admit(three.get(), {}), Verdict::kTooMany);
  EXPECT_EQ(table.size(), 2u);
}

TEST(ConnectionTableTest, OneThatEndedMakesRoom) {
  ConnectionTable table({.total = 1});
  UniqueFd one = Connection();
  const UniqueFd two = Connection();
  EXPECT_EQ(table.Admit(one.get(), {}), Verdict::kAdmitted);
  one.Reset();
  EXPECT_EQ(table.Admit(two.get(), {}), Verdict::kAdmitted);
  EXPECT_EQ(table.size(), 1u);
}

TEST(ConnectionTableTest, ADescriptorThatIsUsedAgainIsAnotherConnection) {
  ConnectionTable table({.total = 10, .per_address = 1});
  UniqueFd one = Connection();
  const int number = one.get();
  EXPECT_EQ(table.Admit(number, {.address = "10.0.0.1"}), Verdict::kAdmitted);
  one.Reset();
  const UniqueFd again = Connection();
  ASSERT_EQ(again.get(), number) << "the lowest free number is taken";
  EXPECT_EQ(table.Admit(number, {.address = "10.0.0.1"}), Verdict::kAdmitted);
  EXPECT_EQ(table.size(), 1u);
}

TEST(ConnectionTableTest, ADescriptorThatIsSomethingElseNowIsForgotten) {
  ConnectionTable table({.total = 10});
  UniqueFd one = Connection();
  EXPECT_EQ(table.Admit(one.get(), {}), Verdict::kAdmitted);
  const UniqueFd other = Connection();
  ASSERT_EQ(dup2(other.get(), one.get()), one.get());
  table.Sweep();
  EXPECT_EQ(table.size(), 0u);
}

TEST(ConnectionTableTest, AnAddressHasItsShare) {
  ConnectionTable table({.total = 10, .per_address = 2});
  std::vector<UniqueFd> connections;
  const auto admit = [&](const char* address) {
    connections.push_back(Connection());
    return table.Admit(connections.back().get(), {.address = address});
  };
  EXPECT_EQ(admit("10.0.0.1"), Verdict::kAdmitted);
  EXPECT_EQ(admit("10.0.0.1"), Verdict::kAdmitted);
  EXPECT_EQ(admit("10.0.0.1"), Verdict::kTooManyOfAddress);
  EXPECT_EQ(admit("10.0.0.2"), Verdict::kAdmitted);
  connections.front().Reset();
  EXPECT_EQ(admit("10.0.0.1"), Verdict::kAdmitted);
}

TEST(ConnectionTableTest, AUnixSocketHasNoAddress) {
  ConnectionTable table({.total = 10, .per_address = 1});
  const UniqueFd one = Connection();
  const UniqueFd two = Connection();
  EXPECT_EQ(table.Admit(one.get(), {.uid = 1}), Verdict::kAdmitted);
  EXPECT_EQ(table.Admit(two.get(), {.uid = 1}), Verdict::kAdmitted);
}

}  // namespace
}  // namespace thespian::gateway
