// One Listen: the receiving half of Attach.
//
// Ownership, Threads, Errors, Memory: see ActorStream.
#ifndef SERVER_LISTEN_STREAM_H_
#define SERVER_LISTEN_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <memory>

#include "server/actor_stream.h"

namespace thespian::gateway {

class ListenStream final
    : public ActorStream<grpc::ServerWriteReactor<v1::ListenResponse>,
                         v1::ListenResponse> {
 public:
  using Reactor = grpc::ServerWriteReactor<v1::ListenResponse>;
  using ActorStream::ActorStream;  // use Start

  static Reactor* Start(Gateway& gateway, StreamRegistry& streams,
                        grpc::CallbackServerContext* context,
                        const v1::ListenRequest& request) {
    auto stream = std::make_shared<ListenStream>(gateway, context);
    streams.Add(stream);
    Reactor* reactor = Keep(stream);
    reactor->StartSendInitialMetadata();
    stream->Open(request.open());
    return reactor;
  }
};

}  // namespace thespian::gateway

#endif  // SERVER_LISTEN_STREAM_H_
