#include "server/stream/listen_stream.h"

#include <memory>

#include "server/codec/raw_message.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

ListenStream::Reactor* ListenStream::Start(Gateway& gateway,
                                           StreamRegistry& streams,
                                           grpc::CallbackServerContext& context,
                                           const Caller& caller,
                                           const grpc::ByteBuffer& request) {
  const auto stream = std::make_shared<ListenStream>(gateway, context, caller);
  stream->actor_.Bind(stream);
  streams.Add(stream->actor_.self());
  Reactor* reactor = Keep(stream);
  reactor->StartSendInitialMetadata();
  v1::ListenRequest parsed;
  const absl::Status status = Parse(request, parsed);
  if (status.ok()) {
    stream->actor_.Open(parsed.open());
  } else {
    stream->writer().FinishNow(ToGrpcStatus(status));
  }
  return reactor;
}

ListenStream::ListenStream(Gateway& gateway,
                           grpc::CallbackServerContext& context,
                           const Caller& caller)
    : StreamReactor(context, *this),
      actor_(gateway, writer(), Method::kListen, caller) {}

}  // namespace thespian::gateway
