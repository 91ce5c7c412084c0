// One Listen: the receiving half of Attach.
//
// Ownership, Threads, Errors, Memory: see ActorStream.
#ifndef SERVER_STREAM_LISTEN_STREAM_H_
#define SERVER_STREAM_LISTEN_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <memory>

#include "server/codec/raw_message.h"
#include "server/stream/actor_stream.h"

namespace thespian::gateway {

class ListenStream final
    : public ActorStream<grpc::ServerWriteReactor<grpc::ByteBuffer>> {
 public:
  using Reactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;
  using ActorStream::ActorStream;  // use Start

  static Reactor* Start(Gateway& gateway, StreamRegistry& streams,
                        grpc::CallbackServerContext* context,
                        const grpc::ByteBuffer& request) {
    auto stream = std::make_shared<ListenStream>(gateway, context);
    streams.Add(stream);
    Reactor* reactor = Keep(stream);
    reactor->StartSendInitialMetadata();
    v1::ListenRequest parsed;
    const absl::Status status = Parse(request, parsed);
    if (status.ok()) {
      stream->Open(parsed.open());
    } else {
      stream->FinishNow(ToGrpcStatus(status));
    }
    return reactor;
  }
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_LISTEN_STREAM_H_
