// A client that is a local actor as long as a stream lives, and only hears. It
// speaks by the unary calls of Client, with its id and token (see Speaker).
//
// Ownership: the Listener owns its stream. The handler is borrowed, and called
//   until the Listener is destroyed.
// Threads:   Cancel from any thread; the destructor and Wait wait, and so must
//   not be called by the handler.
// Errors:    the stream's end is told by Wait and by the handler's OnDone.
// Memory:    one response of the gateway.
#ifndef CLIENTS_CPP_LISTENER_H_
#define CLIENTS_CPP_LISTENER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "clients/cpp/actor_handler.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::client {

struct ListenOptions {
  // The name under which the child reaches this actor; empty: none.
  std::string name;
};

class ListenerStream;

class Listener {
 public:
  Listener(std::shared_ptr<v1::GatewayService::Stub> stub,
           const ListenOptions& options, ActorHandler& handler);

  // Cancels the stream unless it has ended, and waits for its end.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Ends the stream at once, and the actor with it; OnDone follows.
  void Cancel();

  // Waits for the stream's end and tells why it came: CANCELLED after Cancel.
  absl::Status Wait();

 private:
  const std::shared_ptr<v1::GatewayService::Stub> stub_;
  const std::unique_ptr<ListenerStream> stream_;
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_LISTENER_H_
