// What operators ask of the gateway: a child's life, its last frames, and what
// changes the endpoints while they serve.
//
// Ownership: an AdminClient owns its connection.
// Threads:   safe from any thread; every call waits for its answer.
// Errors:    absl::Status with the gateway's message; see error.h for reasons.
//   UNIMPLEMENTED: AdminService is served on another address (--admin-listen).
#ifndef CLIENTS_CPP_ADMIN_H_
#define CLIENTS_CPP_ADMIN_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"

namespace thespian::gateway::client {

class AdminClient {
 public:
  AdminClient(const std::shared_ptr<grpc::Channel>& channel,
              absl::Duration deadline)
      : deadline_(deadline), stub_(v1::AdminService::NewStub(channel)) {}

  // Return the endpoint as it is once it has come to rest. An empty name is the
  // only endpoint there is.
  absl::StatusOr<v1::Endpoint> StartEndpoint(std::string_view name);
  absl::StatusOr<v1::Endpoint> StopEndpoint(std::string_view name);
  absl::StatusOr<v1::Endpoint> RestartEndpoint(std::string_view name);

  // Makes the endpoints what the gateway's file says. Returns what that
  // changed.
  absl::StatusOr<v1::ReloadResponse> Reload();

  // Return the members as they are then. A deadline that passes does not stop
  // what has begun.
  absl::StatusOr<std::vector<v1::Endpoint>> ScaleEndpoint(std::string_view name,
                                                          uint32_t replicas);
  absl::StatusOr<std::vector<v1::Endpoint>> ReplaceEndpoint(
      std::string_view name);

  // The last frames, both directions, oldest first.
  absl::StatusOr<std::vector<v1::RecordedFrame>> GetFlightRecord(
      std::string_view name);

 private:
  template <typename Request, typename Response>
  absl::StatusOr<v1::Endpoint> Ask(
      grpc::Status (v1::AdminService::Stub::*method)(grpc::ClientContext*,
                                                     const Request&, Response*),
      std::string_view name);

  absl::Duration deadline_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
};

// See Connect.
absl::StatusOr<AdminClient> ConnectAdmin(const ConnectOptions& options);

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_ADMIN_H_
