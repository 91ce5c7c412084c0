// The RPCs that rules speak of. Those of AdminService are "Admin/NAME".
//
// Threads:   stateless; safe from any thread.
// Errors:    none.
#ifndef SERVER_ACCESS_METHOD_H_
#define SERVER_ACCESS_METHOD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace thespian::gateway {

enum class Method : uint8_t {
  kSend,
  kSendNamed,
  kCall,
  kAttach,  // and what is commanded there
  kListen,
  kWatchProxies,
  kListProxies,
  kReleaseProxy,
  kListLocalActors,
  kListEndpoints,
  kGetEndpoint,
  kStartEndpoint,
  kStopEndpoint,
  kRestartEndpoint,
  kGetFlightRecord,
  kReload,
  kScaleEndpoint,
  kReplaceEndpoint,
};

// A bit for each method.
using MethodSet = uint32_t;
constexpr MethodSet BitOf(Method method) {
  return MethodSet{1} << static_cast<uint8_t>(method);
}

std::string_view MethodName(Method method);
std::optional<Method> FindMethod(std::string_view name);
std::vector<std::string> MethodNames();
// Whether it is one that AdminService has.
bool IsAdmin(Method method);

// Those that `pattern` ("Call", "Send*", "*") means; 0: it means none.
MethodSet MethodsLike(std::string_view pattern);

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_METHOD_H_
