// What this program is.
#ifndef SERVER_HOST_VERSION_H_
#define SERVER_HOST_VERSION_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "fmt/format.h"

namespace thespian::gateway {

inline std::string VersionText() {
  return fmt::format("thespian-gateway {} (gRPC {})", TG_VERSION,
                     grpc::Version());
}

}  // namespace thespian::gateway

#endif  // SERVER_HOST_VERSION_H_
