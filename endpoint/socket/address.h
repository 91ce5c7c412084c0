// Where something listens or is dialled, as the options say it: the one reading
// of it there is, and a strict one.
//
//   HOST:PORT            127.0.0.1:50051, [::1]:0, localhost:0
//   unix:PATH            unix:/run/gateway.sock, unix:///run/gateway.sock
//   unix:@NAME           in the abstract name space; or unix-abstract:NAME
//
// Ownership: values.
// Threads:   stateless.
// Errors:    INVALID_ARGUMENT with the text and what is wrong with it.
#ifndef ENDPOINT_SOCKET_ADDRESS_H_
#define ENDPOINT_SOCKET_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"

namespace thespian::gateway {

struct TcpAddress {
  std::string host;   // a name or a number, without brackets
  uint16_t port = 0;  // 0: any

  friend bool operator==(const TcpAddress&, const TcpAddress&) = default;
};

struct UnixAddress {
  std::string name;  // a path, or an abstract name without what marks it
  bool abstract = false;

  friend bool operator==(const UnixAddress&, const UnixAddress&) = default;
};

using Address = std::variant<TcpAddress, UnixAddress>;

// Whether a host has that name is not looked up.
absl::StatusOr<Address> ParseAddress(std::string_view text);

// False also for what is no address.
bool IsTcp(std::string_view text);

// Whether nobody on another machine can reach it: a Unix socket, or a host that
// is 127.0.0.0/8, ::1 or "localhost".
bool IsLocal(const Address& address);

// As a gRPC client has to be told where to connect to: on this machine if it is
// listened on everywhere.
std::string DialTarget(const Address& address);

}  // namespace thespian::gateway

#endif  // ENDPOINT_SOCKET_ADDRESS_H_
