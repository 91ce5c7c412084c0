// A gateway process whose configuration file has several endpoints, and what a
// client asks it.
//
// Ownership: owns the process and the file.
// Threads:   thread-compatible; Call is safe from any thread.
// Errors:    told by a failure of the test, unless a status is returned.
#ifndef TESTS_INTEGRATION_ENDPOINTS_GATEWAY_H_
#define TESTS_INTEGRATION_ENDPOINTS_GATEWAY_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/gateway_process.h"
#include "tests/support/temp_dir.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

// "[endpoint.NAME]" with the command and these lines.
std::string TableOf(std::string_view name,
                    const std::vector<std::string>& command,
                    std::string_view lines = "");
// A child that does nothing until its stdin ends.
std::string IdleTable(std::string_view name, std::string_view lines = "");

class EndpointsGateway {
 public:
  explicit EndpointsGateway(const std::string& file);

  // What the gateway reads when it reads its file again.
  void WriteFile(const std::string& text);
  std::string file() const { return directory_.File("gateway.toml"); }

  GatewayProcess& process() { return *process_; }
  v1::GatewayService::Stub& stub() { return *stub_; }

  // The endpoints, by name.
  std::map<std::string, v1::Endpoint> Endpoints();
  v1::Endpoint Get(const std::string& name);
  // The same, once `holds` is true of it.
  v1::Endpoint Await(const std::string& name,
                     const std::function<bool(const v1::Endpoint&)>& holds);
  v1::Endpoint AwaitRunning(const std::string& name);
  // Until there is none of this name: the next peer that dials in may have it.
  void AwaitGone(const std::string& name);
  std::map<std::string, int64_t> Pids();

  // Whether health says that it serves.
  bool Serves(const std::string& health_name);

  // Calls an actor of the endpoint, by name or by id.
  grpc::Status Call(const std::string& endpoint, const v1::CallRequest& call,
                    v1::CallResponse& response);

  grpc::Status Send(const v1::SendNamedRequest& request);

  grpc::Status Reload(v1::ReloadResponse& response);
  grpc::Status Replace(const std::string& name);

 private:
  const TempDir directory_;
  std::unique_ptr<GatewayProcess> process_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::GatewayService::Stub> stub_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

// Calls the actor "echo" of the endpoint, which must answer with the same.
grpc::Status CallEcho(EndpointsGateway& gateway, const std::string& endpoint);
grpc::Status CallEcho(EndpointsGateway& gateway, const std::string& endpoint,
                      v1::CallResponse& response);

// An abstract address that no other test has.
std::string OwnAddress(const std::string& name);

}  // namespace thespian::gateway

#endif  // TESTS_INTEGRATION_ENDPOINTS_GATEWAY_H_
