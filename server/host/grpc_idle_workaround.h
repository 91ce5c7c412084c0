// Keeps gRPC's pollers awake. After a second without any event they look only
// every 100 ms (gRPC 1.51), and the next call waits for that. A call within the
// process, now and then, is an event.
//
// Ownership: owns its channel into the server, which it borrows: it must be
//   gone before the server shuts down.
// Threads:   thread-compatible; the owner's.
// Errors:    what becomes of its calls does not matter.
// Memory:    one call.
#ifndef SERVER_HOST_GRPC_IDLE_WORKAROUND_H_
#define SERVER_HOST_GRPC_IDLE_WORKAROUND_H_

#include <grpcpp/server.h>

#include <chrono>
#include <memory>

namespace thespian::gateway {

class GrpcIdleWorkaround {
 public:
  // How often Wake is to be called: twice, at least, before they fall asleep.
  static constexpr std::chrono::milliseconds kPeriod{400};

  explicit GrpcIdleWorkaround(grpc::Server& server);
  // Returns when its last call has ended.
  ~GrpcIdleWorkaround();
  GrpcIdleWorkaround(const GrpcIdleWorkaround&) = delete;
  GrpcIdleWorkaround& operator=(const GrpcIdleWorkaround&) = delete;

  // Calls, unless the last call is still under way.
  void Wake();

 private:
  class Calls;
  const std::unique_ptr<Calls> calls_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_GRPC_IDLE_WORKAROUND_H_
