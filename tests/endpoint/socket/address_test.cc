#include "endpoint/socket/address.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(AddressTest, TakesWhatIsAnAddress) {
  const std::string longest(107, 'x');
  const struct {
    std::string text;
    Address address;
  } rows[] = {
      {"127.0.0.1:50051", TcpAddress{"127.0.0.1", 50051}},
      {"0.0.0.0:0", TcpAddress{"0.0.0.0", 0}},
      {"[::1]:0", TcpAddress{"::1", 0}},
      {"[::]:65535", TcpAddress{"::", 65535}},
      {"[::ffff:10.0.0.1]:1", TcpAddress{"::ffff:10.0.0.1", 1}},
      {"[fe80::1%eth0]:80", TcpAddress{"fe80::1%eth0", 80}},
      {"localhost:0", TcpAddress{"localhost", 0}},
      {"my-host.example.com.:443", TcpAddress{"my-host.example.com.", 443}},
      {"in_house:443", TcpAddress{"in_house", 443}},
      {"10.example:443", TcpAddress{"10.example", 443}},
      {"unix:/run/s", UnixAddress{"/run/s", false}},
      {"unix:///run/s", UnixAddress{"///run/s", false}},
      {"unix:here:0", UnixAddress{"here:0", false}},
      {"unix:" + longest, UnixAddress{longest, false}},
      {"unix:@name", UnixAddress{"name", true}},
      {"unix-abstract:name", UnixAddress{"name", true}},
      {"unix-abstract:" + longest, UnixAddress{longest, true}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<Address> address = ParseAddress(row.text);
    ASSERT_THAT(address, IsOk());
    EXPECT_EQ(*address, row.address);
  }
}

TEST(AddressTest, SaysWhatIsWrong) {
  const std::string too_long(108, 'x');
  const struct {
    std::string text;
    std::string why;
  } rows[] = {
      {"", "it has no port"},
      {"nonsense", "it has no port"},
      {"127.0.0.1", "it has no port"},
      {"[::1]", "it has no port"},
      {"127.0.0.1:", "its port '' is no number"},
      {"127.0.0.1:http", "its port 'http' is no number"},
      {"127.0.0.1:+1", "its port '+1' is no number"},
      {"127.0.0.1:-1", "its port '-1' is no number"},
      {"127.0.0.1: 1", "its port ' 1' is no number"},
      {"127.0.0.1:1 ", "its port '1 ' is no number"},
      {"127.0.0.1:0x10", "its port '0x10' is no number"},
      {"127.0.0.1:99999", "its port 99999 is none of 0 to 65535"},
      {"127.0.0.1:65536", "none of 0 to 65535"},
      {"127.0.0.1:18446744073709551617", "none of 0 to 65535"},
      {":50051", "it has no host"},
      {"[]:1", "'' is no IPv6 address"},
      {"[127.0.0.1]:1", "'127.0.0.1' is no IPv6 address"},
      {"[::g]:1", "'::g' is no IPv6 address"},
      {"::1", "in brackets"},
      {"::1:50051", "in brackets"},
      {"127.0.0.256:1", "'127.0.0.256' is no IPv4 address"},
      {"127.1:1", "'127.1' is no IPv4 address"},
      {"1:1", "'1' is no IPv4 address"},
      {"a b:1", "'a b' is no name of a host"},
      {" localhost:1", "is no name of a host"},
      {"a..b:1", "is no name of a host"},
      {"*:1", "is no name of a host"},
      {"http://localhost:1", "is no name of a host"},
      {std::string(254, 'a') + ":1", "is no name of a host"},
      {std::string("a\0b:1", 5), "is no name of a host"},
      {"unix:", "it has no path"},
      {"unix:@", "it has no name"},
      {"unix-abstract:", "it has no name"},
      {"unix://host/path", "two slashes"},
      {"unix:" + too_long, "its path takes 108 bytes, the system takes 107"},
      {"unix:@" + too_long, "its name takes 108 bytes"},
      {std::string("unix:a\0b", 8), "a NUL byte"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    EXPECT_THAT(ParseAddress(row.text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("'" + row.text + "' is no address"),
                               HasSubstr(row.why))));
  }
}

TEST(AddressTest, SaysWhereAClientConnectsTo) {
  const struct {
    std::string text;
    std::string target;
  } rows[] = {
      {"127.0.0.2:1", "127.0.0.2:1"}, {"localhost:1", "localhost:1"},
      {"[::2]:1", "[::2]:1"},         {"0.0.0.0:1", "127.0.0.1:1"},
      {"[::]:1", "[::1]:1"},          {"unix:/s", "unix:/s"},
      {"unix:@s", "unix-abstract:s"}, {"unix-abstract:s", "unix-abstract:s"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<Address> address = ParseAddress(row.text);
    ASSERT_THAT(address, IsOk());
    EXPECT_EQ(DialTarget(*address), row.target);
  }
}

TEST(AddressTest, SaysWhetherAnotherMachineCanReachIt) {
  const struct {
    std::string text;
    bool local;
  } rows[] = {
      {"127.0.0.1:1", true},
      {"127.255.0.9:1", true},
      {"[::1]:1", true},
      {"localhost:1", true},
      {"LocalHost:1", true},
      {"unix:/s", true},
      {"unix:@s", true},
      {"0.0.0.0:1", false},
      {"[::]:1", false},
      {"128.0.0.1:1", false},
      {"10.0.0.1:1", false},
      {"[fe80::1]:1", false},
      {"localhost.example.org:1", false},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<Address> address = ParseAddress(row.text);
    ASSERT_THAT(address, IsOk());
    EXPECT_EQ(IsLocal(*address), row.local);
  }
}

}  // namespace
}  // namespace thespian::gateway
