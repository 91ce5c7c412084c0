#include "endpoint/socket/address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kAbstract = "unix-abstract:";
constexpr size_t kLongestHost = 253;  // RFC 1035
constexpr size_t kLongestLabel = 63;  // the same
constexpr size_t kLongestPort = 5;    // digits
constexpr uint32_t kGreatestPort = 65'535;
// One byte ends a path, or begins an abstract name.
constexpr size_t kLongestName = sizeof(sockaddr_un::sun_path) - 1;

// Ends up as "'TEXT' is no address: WHY".
absl::Status Wrong(std::string_view why) {
  return absl::InvalidArgumentError(std::string(why));
}

// --- Hosts -----------------------------------------------------------------

bool IsNumberOf(int family, std::string_view text) {
  in6_addr number{};
  return inet_pton(family, std::string(text).c_str(), &number) == 1;
}

// As a resolver takes it; underscores are no one's business but its own.
bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel &&
         absl::c_all_of(label, [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

bool IsHostName(std::string_view host) {
  if (host.size() > kLongestHost) return false;
  if (host.ends_with('.')) host.remove_suffix(1);
  return absl::c_all_of(absl::StrSplit(std::string(host), '.'),
                        [](absl::string_view label) {
                          return IsLabel({label.data(), label.size()});
                        });
}

// An IPv6 number may say which interface it is of: fe80::1%eth0.
absl::StatusOr<std::string> ParseBracketed(std::string_view host) {
  const std::string_view number = host.substr(0, host.find('%'));
  if (IsNumberOf(AF_INET6, number)) return std::string(host);
  return Wrong(fmt::format("'{}' is no IPv6 address", host));
}

absl::StatusOr<std::string> ParseHost(std::string_view host) {
  if (host.empty()) {
    return Wrong("it has no host; 0.0.0.0 or [::] stands for all addresses");
  }
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    return ParseBracketed(host.substr(1, host.size() - 2));
  }
  if (IsNumberOf(AF_INET6, host)) {
    return Wrong("an IPv6 address stands in brackets, as in [::1]:50051");
  }
  const bool numeric = absl::c_all_of(
      host, [](unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; });
  if (numeric && !IsNumberOf(AF_INET, host)) {
    return Wrong(fmt::format("'{}' is no IPv4 address", host));
  }
  if (!IsHostName(host)) {
    return Wrong(fmt::format("'{}' is no name of a host", host));
  }
  return std::string(host);
}

// --- Ports -----------------------------------------------------------------

absl::StatusOr<uint16_t> ParsePort(std::string_view text) {
  const bool digits = absl::c_all_of(
      text, [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (text.empty() || !digits) {
    return Wrong(fmt::format("its port '{}' is no number", text));
  }
  uint32_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.size() > kLongestPort || port > kGreatestPort) {
    return Wrong(
        fmt::format("its port {} is none of 0 to {}", text, kGreatestPort));
  }
  return static_cast<uint16_t>(port);
}

absl::StatusOr<Address> ParseTcp(std::string_view text) {
  const size_t colon = text.rfind(':');
  // "[::1]" ends with its host, and so does "::1".
  if (colon == text.npos || text.back() == ']') {
    return Wrong("it has no port (HOST:PORT or unix:PATH)");
  }
  if (IsNumberOf(AF_INET6, text)) {
    return Wrong("an IPv6 address stands in brackets, as in [::1]:50051");
  }
  absl::StatusOr<std::string> host = ParseHost(text.substr(0, colon));
  if (!host.ok()) return host.status();
  const absl::StatusOr<uint16_t> port = ParsePort(text.substr(colon + 1));
  if (!port.ok()) return port.status();
  return TcpAddress{.host = *std::move(host), .port = *port};
}

// --- Unix sockets ----------------------------------------------------------

absl::StatusOr<Address> ParseUnix(std::string_view name, bool abstract) {
  const std::string_view what = abstract ? "name" : "path";
  if (name.empty()) return Wrong(fmt::format("it has no {}", what));
  if (name.find('\0') != name.npos) {
    return Wrong(fmt::format("a NUL byte is in its {}", what));
  }
  if (!abstract && name.starts_with("//") && !name.starts_with("///")) {
    return Wrong("two slashes name a host: unix:PATH or unix:///PATH");
  }
  if (name.size() > kLongestName) {
    return Wrong(fmt::format("its {} takes {} bytes, the system takes {}", what,
                             name.size(), kLongestName));
  }
  return UnixAddress{.name = std::string(name), .abstract = abstract};
}

absl::StatusOr<Address> Parse(std::string_view text) {
  if (text.starts_with(kAbstract)) {
    return ParseUnix(text.substr(kAbstract.size()), /*abstract=*/true);
  }
  if (!text.starts_with(kUnix)) return ParseTcp(text);
  const std::string_view name = text.substr(kUnix.size());
  return name.starts_with('@') ? ParseUnix(name.substr(1), /*abstract=*/true)
                               : ParseUnix(name, /*abstract=*/false);
}

}  // namespace

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  absl::StatusOr<Address> address = Parse(text);
  if (address.ok()) return address;
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no address: {}", text, MessageOf(address.status())));
}

bool IsTcp(std::string_view text) {
  const absl::StatusOr<Address> address = ParseAddress(text);
  return address.ok() && std::holds_alternative<TcpAddress>(*address);
}

bool IsLocal(const Address& address) {
  const auto* tcp = std::get_if<TcpAddress>(&address);
  if (tcp == nullptr) return true;
  in_addr four{};
  if (inet_pton(AF_INET, tcp->host.c_str(), &four) == 1) {
    return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, tcp->host.c_str(), &six) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&six);
  }
  return absl::AsciiStrToLower(tcp->host) == "localhost";
}

std::string DialTarget(const Address& address) {
  if (const auto* socket = std::get_if<UnixAddress>(&address)) {
    return fmt::format("{}{}", socket->abstract ? kAbstract : kUnix,
                       socket->name);
  }
  const auto& tcp = std::get<TcpAddress>(address);
  if (tcp.host == "0.0.0.0") return fmt::format("127.0.0.1:{}", tcp.port);
  if (tcp.host == "::") return fmt::format("[::1]:{}", tcp.port);
  const bool brackets = tcp.host.find(':') != std::string::npos;
  return brackets ? fmt::format("[{}]:{}", tcp.host, tcp.port)
                  : fmt::format("{}:{}", tcp.host, tcp.port);
}

}  // namespace thespian::gateway
