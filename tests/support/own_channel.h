// A channel with a connection that is nobody else's.
//
// Threads: safe from any thread.
#ifndef TESTS_SUPPORT_OWN_CHANNEL_H_
#define TESTS_SUPPORT_OWN_CHANNEL_H_

#include <limits>
#include <memory>
#include <string>

#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace thespian::gateway {

inline std::shared_ptr<grpc::Channel> OwnChannel(
    const std::string& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials =
        grpc::InsecureChannelCredentials()) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, std::numeric_limits<int>::max());
  return grpc::CreateCustomChannel(address, credentials, args);
}

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_OWN_CHANNEL_H_
