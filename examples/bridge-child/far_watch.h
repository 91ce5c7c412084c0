// The lives of the far actors, into the bridge's inbox.
//
// Ownership: owns its stream and its thread, and joins it. The inbox outlives
//   it.
// Threads:   one of its own, which waits for the far gateway and for room.
// Errors:    GatewayLost says why the stream ended; nothing follows.
// Memory:    one response.
#ifndef EXAMPLES_BRIDGE_CHILD_FAR_WATCH_H_
#define EXAMPLES_BRIDGE_CHILD_FAR_WATCH_H_

#include <memory>
#include <string>
#include <thread>

#include "clients/cpp/client.h"
#include "examples/bridge-child/inbox.h"

namespace thespian::gateway::bridge {

class FarWatch {
 public:
  FarWatch(client::Client& gateway, const std::string& endpoint, Inbox& inbox);
  // Closes the inbox: its own thread may wait there.
  ~FarWatch();
  FarWatch(const FarWatch&) = delete;
  FarWatch& operator=(const FarWatch&) = delete;

 private:
  void Run();
  void Tell(const v1::ProxyEvent& event);

  Inbox& inbox_;
  const std::unique_ptr<client::Watch> watch_;
  std::thread thread_;
};

}  // namespace thespian::gateway::bridge

#endif  // EXAMPLES_BRIDGE_CHILD_FAR_WATCH_H_
