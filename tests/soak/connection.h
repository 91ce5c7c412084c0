// A connection to the gateway that is nobody else's.
//
// Threads: safe from any thread.
#ifndef TESTS_SOAK_CONNECTION_H_
#define TESTS_SOAK_CONNECTION_H_

#include <limits>
#include <memory>
#include <string>

#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace thespian::gateway::soak {

inline std::shared_ptr<grpc::Channel> OwnConnection(
    const std::string& address) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, std::numeric_limits<int>::max());
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   args);
}

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_CONNECTION_H_
