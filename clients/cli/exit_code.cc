#include "clients/cli/exit_code.h"

#include "clients/cli/printable.h"
#include "clients/cpp/error.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

using client::IsRetryable;
using client::ReasonOf;

constexpr std::string_view kPayloadInvalid = "PAYLOAD_INVALID";

// A child says nothing of a name that it does not know.
std::string LateAdvice(const Attempt& attempt) {
  std::string advice = "--timeout sets how long to wait.";
  if (!attempt.called_name.empty()) {
    advice += fmt::format(
        " If the child has no actor '{}', no answer ever comes: a child does "
        "not tell that a name is unknown.",
        Printable(attempt.called_name));
  }
  return advice;
}

bool IsAboutNobody(std::string_view reason) {
  return reason == "ACTOR_UNKNOWN" || reason == "NAME_UNKNOWN" ||
         reason == "ENDPOINT_UNKNOWN";
}

// What may help, or nothing.
std::string Advice(const absl::Status& status, std::string_view reason,
                   const Attempt& attempt) {
  if (absl::IsUnavailable(status) && reason.empty()) {
    return fmt::format(
        "Is the gateway running at {}? Set --address or "
        "THESPIAN_GATEWAY_ADDRESS.{}",
        attempt.address,
        attempt.tls ? "" : " If it has TLS, --tls or --ca is missing.");
  }
  if (absl::IsUnimplemented(status)) {
    return fmt::format("Is it a thespian gateway that runs at {}?",
                       attempt.address);
  }
  if (absl::IsDeadlineExceeded(status)) return LateAdvice(attempt);
  if (reason == "ENDPOINT_UNKNOWN") return "`endpoints` lists those there are.";
  if (reason == "ACTOR_UNKNOWN") return "`proxies` lists those there are.";
  if (reason == "NAME_UNKNOWN")
    return "`endpoint` shows the names that clients may send to.";
  if (reason == "SEQUENCE_COMPACTED") {
    return "Leave out --no-snapshot to begin with a snapshot.";
  }
  if (IsRetryable(status)) return "The same may work later.";
  return "";
}

}  // namespace

absl::Status BadPayload(const absl::Status& status) {
  return client::MakeError(absl::StatusCode::kInvalidArgument, kPayloadInvalid,
                           MessageOf(status));
}

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kExitOk;
  const std::string reason = ReasonOf(status);
  if (reason == kPayloadInvalid || reason == "FRAME_TOO_LARGE") {
    return kExitData;
  }
  if (reason == "FIELD_INVALID") return kExitUsage;
  if (IsAboutNobody(reason)) return kExitNoAddressee;
  if (IsRetryable(status) || absl::IsDeadlineExceeded(status)) {
    return kExitTryAgain;
  }
  if (absl::IsUnavailable(status)) return kExitUnavailable;
  if (absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status)) {
    return kExitNoPermission;
  }
  if (absl::IsUnimplemented(status)) return kExitProtocol;
  return absl::IsInternal(status) ? kExitBug : kExitOther;
}

std::string Explain(const absl::Status& status, const Attempt& attempt) {
  const std::string reason = ReasonOf(status);
  std::string text = Printable(MessageOf(status));
  if (text.empty()) text = absl::StatusCodeToString(status.code());
  if (!reason.empty()) text += fmt::format(" ({})", Printable(reason));
  const std::string advice = Advice(status, reason, attempt);
  if (!advice.empty()) text += "\n" + advice;
  return text;
}

}  // namespace thespian::gateway::cli
