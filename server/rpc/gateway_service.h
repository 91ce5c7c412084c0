// The RPCs of GatewayService: each checks, makes what does the work, and hands
// over.
//
// Ownership: borrows the gateway and the streams.
// Threads:   safe from any thread.
// Errors:    see the .proto.
#ifndef SERVER_RPC_GATEWAY_SERVICE_H_
#define SERVER_RPC_GATEWAY_SERVICE_H_

#include <asio/thread_pool.hpp>

#include "endpoint/gateway.h"
#include "server/rpc/gate.h"
#include "server/stream/stream_registry.h"
#include "server/stream/watch_stream.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

// All of them read and write bytes: what can't be read is answered as the API
// says.
template <typename Service>
using WithRawStreams = v1::GatewayService::WithRawCallbackMethod_Attach<
    v1::GatewayService::WithRawCallbackMethod_Listen<
        v1::GatewayService::WithRawCallbackMethod_WatchProxies<Service>>>;
template <typename Service>
using WithRawSends = v1::GatewayService::WithRawCallbackMethod_Send<
    v1::GatewayService::WithRawCallbackMethod_SendNamed<
        v1::GatewayService::WithRawCallbackMethod_Call<Service>>>;
template <typename Service>
using WithRawLists = v1::GatewayService::WithRawCallbackMethod_ListProxies<
    v1::GatewayService::WithRawCallbackMethod_ReleaseProxy<
        v1::GatewayService::WithRawCallbackMethod_ListLocalActors<
            v1::GatewayService::WithRawCallbackMethod_GetEndpoint<
                v1::GatewayService::WithRawCallbackMethod_ListEndpoints<
                    Service>>>>>;

// The streams that all the services have, each of a listener.
struct GatewayStreams {
  explicit GatewayStreams(EventJournal& journal) : watchers(journal) {}

  // Those of local actors, and those of watchers, who see them end.
  StreamRegistry actors;
  Watchers watchers;
  // Where the commands of streams go on that had to wait. Its thread ends
  // before all that it uses.
  asio::thread_pool commands{1};
};

class GatewayService final
    : public WithRawLists<
          WithRawSends<WithRawStreams<v1::GatewayService::Service>>> {
 public:
  GatewayService(Gateway& gateway, GatewayStreams& streams, const Gate& gate)
      : gateway_(gateway), streams_(streams), gate_(gate) {}

  grpc::ServerUnaryReactor* Send(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SendNamed(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Attach(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Listen(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchProxies(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* ListProxies(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ReleaseProxy(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListLocalActors(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListEndpoints(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetEndpoint(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

 private:
  Gateway& gateway_;
  GatewayStreams& streams_;
  const Gate gate_;
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_GATEWAY_SERVICE_H_
