#include "server/rpc/peer_principal.h"

#include <grpc/grpc_security_constants.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"

namespace thespian::gateway {
namespace {

// The values of a property, each with `prefix` before it.
void AddValues(const grpc::AuthContext& context, const char* property,
               const char* prefix, std::vector<std::string>& values) {
  for (const grpc::string_ref& value : context.FindPropertyValues(property)) {
    values.push_back(prefix + std::string(value.data(), value.size()));
  }
}

// Nothing if there is none, or more than one.
std::string OnlyValue(const grpc::AuthContext& context, const char* property) {
  std::vector<std::string> values;
  AddValues(context, property, "", values);
  return values.size() == 1 ? values.front() : "";
}

std::optional<uint32_t> NumberIn(const grpc::AuthContext& context,
                                 const char* property) {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(OnlyValue(context, property), &number)) {
    return std::nullopt;
  }
  return number;
}

SharedPrincipal OfCertificate(const grpc::AuthContext& context) {
  CertificateNames names{
      .spiffe_id = OnlyValue(context, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME),
      .alternatives = {},
      .common_name = OnlyValue(context, GRPC_X509_CN_PROPERTY_NAME)};
  AddValues(context, GRPC_PEER_DNS_PROPERTY_NAME, "dns:", names.alternatives);
  AddValues(context, GRPC_PEER_EMAIL_PROPERTY_NAME,
            "email:", names.alternatives);
  AddValues(context, GRPC_PEER_IP_PROPERTY_NAME, "ip:", names.alternatives);
  AddValues(context, GRPC_PEER_URI_PROPERTY_NAME, "uri:", names.alternatives);
  return Principal::OfCertificate(names);
}

}  // namespace

SharedPrincipal PrincipalOf(const grpc::AuthContext& context) {
  const auto user = NumberIn(context, kUnixUserProperty);
  const auto group = NumberIn(context, kUnixGroupProperty);
  if (user.has_value() && group.has_value()) {
    return Principal::OfUnixPeer(*user, *group);
  }
  return context.IsPeerAuthenticated() ? OfCertificate(context) : nullptr;
}

}  // namespace thespian::gateway
