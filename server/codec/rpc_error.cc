#include "server/codec/rpc_error.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "endpoint/error.h"
#include "endpoint/wire/status_text.h"
#include "endpoint/wire/text.h"
#include "google/rpc/error_details.pb.h"

namespace thespian::gateway {
namespace {

constexpr char kDomain[] = "thespian.gateway";
// A message longer than this is cut, twice: as the message and as the
// description of a field, it must leave room for the rest below 2 KiB.
constexpr size_t kMaxMessageBytes = 512;

std::string CutMessage(const absl::Status& status) {
  const std::string_view message = MessageOf(status);
  if (message.size() <= kMaxMessageBytes) return ToUtf8(message);
  return ToUtf8(message.substr(0, kMaxMessageBytes)) + " [cut]";
}

void AddDetails(ErrorReason reason, const std::optional<std::string>& field,
                google::rpc::Status& status) {
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(std::string(ReasonName(reason)));
  status.add_details()->PackFrom(info);
  if (field.has_value()) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(*field);
    violation->set_description(status.message());
    status.add_details()->PackFrom(bad_request);
  }
  if (IsRetryable(reason)) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(std::chrono::nanoseconds(kRetryAfter).count()));
    status.add_details()->PackFrom(retry);
  }
}

}  // namespace

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(status.code()));
  if (status.ok()) return rpc;
  rpc.set_message(CutMessage(status));
  if (const std::optional<ErrorReason> reason = ReasonOf(status)) {
    AddDetails(*reason, FieldOf(status), rpc);
  }
  return rpc;
}

bool IsLimitReached(const absl::Status& status) {
  return ReasonOf(status) == ErrorReason::kLimitReached;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = ToRpcStatus(status);
  return {static_cast<grpc::StatusCode>(rpc.code()), rpc.message(),
          rpc.SerializeAsString()};
}

}  // namespace thespian::gateway
