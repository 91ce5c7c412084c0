#include "server/access/method.h"

#include <array>

#include "server/access/pattern_set.h"

namespace thespian::gateway {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, 18> kNames = {
    "Send",
    "SendNamed",
    "Call",
    "Attach",
    "Listen",
    "WatchProxies",
    "ListProxies",
    "ReleaseProxy",
    "ListLocalActors",
    "ListEndpoints",
    "GetEndpoint",
    "Admin/StartEndpoint",
    "Admin/StopEndpoint",
    "Admin/RestartEndpoint",
    "Admin/GetFlightRecord",
    "Admin/Reload",
    "Admin/ScaleEndpoint",
    "Admin/ReplaceEndpoint",
};

}  // namespace

std::string_view MethodName(Method method) {
  return kNames.at(static_cast<size_t>(method));
}

std::optional<Method> FindMethod(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == name) return static_cast<Method>(i);
  }
  return std::nullopt;
}

std::vector<std::string> MethodNames() {
  return {kNames.begin(), kNames.end()};
}

bool IsAdmin(Method method) { return MethodName(method).starts_with("Admin/"); }

MethodSet MethodsLike(std::string_view pattern) {
  PatternSet patterns;
  patterns.Add(pattern);
  MethodSet found = 0;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (patterns.Matches(kNames.at(i))) found |= BitOf(static_cast<Method>(i));
  }
  return found;
}

}  // namespace thespian::gateway
