// A reactor of gRPC with the writer of its responses.
//
// Ownership: a stream is shared by gRPC (until OnDone) and by whoever wakes
//   it, which end at unrelated times; so it is made by Keep and never deleted
//   by hand.
// Threads:   reactions come on gRPC's threads.
// Errors:    see ResponseWriter.
// Memory:    the RPC is kept as long as the stream.
#ifndef SERVER_STREAM_STREAM_REACTOR_H_
#define SERVER_STREAM_STREAM_REACTOR_H_

#include <grpc/grpc.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "endpoint/lock_check.h"
#include "server/stream/response_writer.h"

namespace thespian::gateway {

template <typename Reactor>
class StreamReactor : public Reactor, private RpcWire {
 public:
  // `source` is a part of the stream.
  StreamReactor(grpc::CallbackServerContext& context, ResponseSource& source)
      : source_(source), writer_(*this, source), call_(context.c_call()) {
    grpc_call_ref(call_);
  }
  ~StreamReactor() override { grpc_call_unref(call_); }
  StreamReactor(const StreamReactor&) = delete;
  StreamReactor& operator=(const StreamReactor&) = delete;

  // `stream` lives until OnDone, at least.
  static Reactor* Keep(const std::shared_ptr<StreamReactor>& stream) {
    stream->self_ = stream;
    return stream.get();
  }

 protected:
  // The RPC is over; nothing is called any more.
  virtual void OnOver() = 0;

  ResponseWriter& writer() { return writer_; }
  const ResponseWriter& writer() const { return writer_; }

 private:
  // Reactor
  void OnWriteDone(bool ok) final { writer_.OnWriteDone(ok); }
  void OnCancel() final { source_.OnBroken(); }
  void OnDone() final {
    OnOver();
    const std::shared_ptr<void> last = std::move(self_);
  }

  // RpcWire
  void WriteResponse(const grpc::ByteBuffer& response) final {
    AssertNoLockHeld();
    this->StartWrite(&response);
  }
  void FinishRpc(const grpc::Status& status) final {
    AssertNoLockHeld();
    this->Finish(status);
  }
  // By gRPC's core: the context ends with OnDone, which may come meanwhile.
  void CancelRpc() final { grpc_call_cancel(call_, nullptr); }

  ResponseSource& source_;
  ResponseWriter writer_;
  grpc_call* const call_;
  std::shared_ptr<void> self_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_STREAM_REACTOR_H_
