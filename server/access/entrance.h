// What is known of everything that comes in by one listener.
//
// Ownership: values.
// Threads:   values.
// Errors:    none.
// Memory:    none.
#ifndef SERVER_ACCESS_ENTRANCE_H_
#define SERVER_ACCESS_ENTRANCE_H_

#include <string>

namespace thespian::gateway {

// The names of the listeners that --listen and --admin-listen make.
inline constexpr char kDefaultListener[] = "default";
inline constexpr char kAdminListener[] = "admin";

struct Entrance {
  std::string listener = {};  // its name; empty: it has none
  bool serves_admin = true;
  // Connections may show who is at the other end: a certificate, or the user of
  // a Unix socket.
  bool shows_peer = false;
  // The metadata in which a proxy says who calls, as it has checked by itself;
  // empty: nobody is believed.
  std::string claims_header = {};
};

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_ENTRANCE_H_
