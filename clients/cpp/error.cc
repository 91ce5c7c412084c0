#include "clients/cpp/error.h"

#include "absl/strings/cord.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"

namespace thespian::gateway::client {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kDomain[] = "thespian.gateway";

absl::Status MakeStatus(int code, const std::string& message,
                        const google::rpc::Status& details) {
  absl::Status status(static_cast<absl::StatusCode>(code), message);
  for (const google::protobuf::Any& detail : details.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

}  // namespace

absl::Status FromGrpc(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  return MakeStatus(status.error_code(), status.error_message(), details);
}

absl::Status FromProto(const google::rpc::Status& status) {
  return MakeStatus(status.code(), status.message(), status);
}

std::string ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) {
    return "";
  }
  return info.reason();
}

bool IsRetryable(const absl::Status& status) {
  return status.GetPayload(kRetryInfoUrl).has_value();
}

absl::Status MakeError(absl::StatusCode code, std::string_view reason,
                       std::string_view message) {
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(std::string(reason));
  absl::Status status(code, {message.data(), message.size()});
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

}  // namespace thespian::gateway::client
