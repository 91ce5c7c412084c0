// One Listen: the receiving half of Attach.
//
// Ownership, Threads, Errors, Memory: see ActorSession.
#ifndef SERVER_STREAM_LISTEN_STREAM_H_
#define SERVER_STREAM_LISTEN_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "endpoint/gateway.h"
#include "server/stream/actor_session.h"
#include "server/stream/stream_reactor.h"
#include "server/stream/stream_registry.h"

namespace thespian::gateway {

class ListenStream final
    : private ResponseSource,
      public StreamReactor<grpc::ServerWriteReactor<grpc::ByteBuffer>> {
 public:
  using Reactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;

  static Reactor* Start(Gateway& gateway, StreamRegistry& streams,
                        grpc::CallbackServerContext& context,
                        const Caller& caller, const grpc::ByteBuffer& request);

  // Use Start.
  ListenStream(Gateway& gateway, grpc::CallbackServerContext& context,
               const Caller& caller);

 private:
  // StreamReactor
  void OnOver() override { actor_.Leave(); }

  // ResponseSource
  Composed Compose() override { return actor_.Compose(); }
  void OnBroken() override { actor_.Disconnect(); }

  ActorSession actor_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_LISTEN_STREAM_H_
