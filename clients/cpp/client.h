// A client of the gateway: typed calls, an actor of one's own, and watches.
//
//   absl::StatusOr<Client> client = Connect({.address = "unix:/run/tg.sock"});
//   client->SendNamed({.name = "echo"}, cbor);
//
// Ownership: a Client shares its channel with the actors, listeners and watches
//   that it made, which may outlive it.
// Threads:   safe from any thread; every call but Attach, Listen, WatchProxies
//   and ResumeWatch waits for its answer.
// Errors:    absl::Status with the gateway's message; see error.h for reasons.
//   DEADLINE_EXCEEDED after the options' deadline. UNAVAILABLE means that the
//   gateway could not be reached, or that its child is down.
#ifndef CLIENTS_CPP_CLIENT_H_
#define CLIENTS_CPP_CLIENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cpp/actor.h"
#include "clients/cpp/connection.h"
#include "clients/cpp/error.h"
#include "clients/cpp/listener.h"
#include "clients/cpp/resuming_watch.h"
#include "clients/cpp/target.h"
#include "clients/cpp/watch.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/security/credentials.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::client {

struct ConnectOptions {
  // "host:port", or "unix:" and the path of a socket. The proxies that the
  // environment may name are not used.
  std::string address = "127.0.0.1:50051";
  // Of each call that waits for its answer.
  absl::Duration deadline = absl::Seconds(30);
  // A silent connection is probed after `keepalive_time`, and given up if no
  // answer comes within `keepalive_timeout`. The gateway allows a probe every
  // 9 s.
  absl::Duration keepalive_time = absl::Seconds(30);
  absl::Duration keepalive_timeout = absl::Seconds(10);
  // The largest response that is taken.
  int max_response_bytes = 64 << 20;
  // Without it nothing is encrypted, and nobody shows a certificate.
  std::optional<TlsOptions> tls;
  // Instead of those of `tls`, unless null.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  // Sent with each RPC.
  std::vector<Header> headers;
};

// The first message that came back to a call.
struct Reply {
  RemoteId from;  // 0: anonymous
  Incarnation incarnation;
  std::string payload;  // CBOR
};

class Client {
 public:
  // Makes a client of a channel that is there already.
  Client(const std::shared_ptr<grpc::Channel>& channel,
         absl::Duration deadline);

  // Send one message, whose payload is CBOR. Return the incarnation that took
  // it. At most once: an error other than DEADLINE_EXCEEDED and UNAVAILABLE
  // says that it was not sent.
  absl::StatusOr<Incarnation> Send(const RemoteActor& to, std::string_view cbor,
                                   const Speaker& from = {});
  absl::StatusOr<Incarnation> SendNamed(const NamedActor& to,
                                        std::string_view cbor,
                                        const Speaker& from = {});

  // Send one message as a fresh local actor, which ends with the first message
  // that comes back. `deadline`: instead of the options'. ABORTED
  // (ACTOR_EXITED): the target, called by id, ended first. A call by id goes to
  // the current incarnation; INVALID_ARGUMENT if `to` names one.
  absl::StatusOr<Reply> Call(
      const RemoteActor& to, std::string_view cbor,
      std::optional<absl::Duration> deadline = std::nullopt);
  absl::StatusOr<Reply> CallNamed(
      const NamedActor& to, std::string_view cbor,
      std::optional<absl::Duration> deadline = std::nullopt);

  // Drops the proxy of an actor, which may go on living: its next message makes
  // a new one. Returns the incarnation.
  absl::StatusOr<Incarnation> ReleaseProxy(const RemoteActor& actor);

  // Calls `visit` for each live proxy of the endpoint until it returns false,
  // page by page. `page_size`: 1 to 1,000; 0: the gateway's choice.
  absl::Status ListProxies(std::string_view endpoint,
                           absl::FunctionRef<bool(const v1::Proxy&)> visit,
                           int page_size = 0);

  // The same for the attached clients, by rising id.
  absl::Status ListLocalActors(
      absl::FunctionRef<bool(const v1::LocalActor&)> visit, int page_size = 0);

  absl::StatusOr<v1::Endpoint> GetEndpoint(std::string_view name);
  // Ordered by name.
  absl::StatusOr<std::vector<v1::Endpoint>> ListEndpoints();

  // Becomes a local actor. Returns at once; the handler is told how it goes on
  // and must outlive the actor.
  std::unique_ptr<Actor> Attach(const AttachOptions& options,
                                ActorHandler& handler);

  // Becomes a local actor that only hears. The same holds for the handler.
  std::unique_ptr<Listener> Listen(const ListenOptions& options,
                                   ActorHandler& handler);

  std::unique_ptr<Watch> WatchProxies(const WatchOptions& options);

  // A watch that outlives its connection and the gateway.
  std::unique_ptr<ResumingWatch> ResumeWatch(const WatchOptions& options,
                                             ResumeOptions resume = {});

 private:
  template <typename Request, typename Response>
  using Method = grpc::Status (v1::GatewayService::Stub::*)(
      grpc::ClientContext*, const Request&, Response*);

  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(Method<Request, Response> method,
                               const Request& request,
                               std::string_view token = {});
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(Method<Request, Response> method,
                               const Request& request, std::string_view token,
                               absl::Duration deadline);

  // Calls `visit` for each item that `items_of` finds in a page, page by page.
  template <typename Request, typename Response, typename Items, typename Item>
  absl::Status ListPages(Method<Request, Response> method, Request request,
                         Items items_of,
                         absl::FunctionRef<bool(const Item&)> visit);

  absl::StatusOr<Reply> Call(v1::CallRequest request, std::string_view cbor,
                             std::optional<absl::Duration> deadline);

  absl::Duration deadline_;
  std::shared_ptr<v1::GatewayService::Stub> stub_;
};

// INVALID_ARGUMENT if an option is out of range, or a file can't be read. The
// connection is made by the first call, and again whenever it was lost.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ConnectOptions& options);
absl::StatusOr<Client> Connect(const ConnectOptions& options);

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_CLIENT_H_
