#include "server/host/endpoint_table.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/socket/address.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/command_line/near_match.h"
#include "server/host/option_kinds.h"
#include "server/host/option_printing.h"

namespace thespian::gateway {
namespace {

constexpr size_t kLongestName = 63;
constexpr char kConnect[] = "connect";
constexpr char kAccept[] = "accept";
constexpr std::string_view kOfChildren = "child-";

absl::Status Error(std::string_view place, std::string_view what) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", place, what));
}

// Without those of a table, and in it.
EndpointSettings Begin(EndpointSettings outside) {
  outside.command.clear();
  return outside;
}

// What takes many names has one "*", at its end.
absl::Status CheckPattern(std::string_view pattern) {
  absl::Status status = CheckActorName("the name", pattern);
  if (!status.ok()) return status;
  const size_t star = pattern.find('*');
  if (star == pattern.npos || star + 1 == pattern.size()) return status;
  return absl::InvalidArgumentError(
      "a * stands for the rest of a name: there is one, at the end");
}

}  // namespace

absl::Status CheckSettings(const EndpointSettings& settings,
                           const OptionEntries& entries) {
  if (!settings.payload_profile.empty()) {
    return entries.Wrong(
        "--payload-profile",
        fmt::format("is gone: use --dialect {}",
                    settings.payload_profile == "cbor"
                        ? "plain, which takes any CBOR"
                        : "plain for children written for the gateway, or "
                          "--dialect thespian for thespian processes"));
  }
  for (const std::string& name : settings.names) {
    absl::Status status = CheckActorName("name", name);
    if (!status.ok()) return entries.Wrong("--names", MessageOf(status));
  }
  return absl::OkStatus();
}

EndpointTable::EndpointTable(const ConfigTable& table,
                             const EndpointSettings& outside)
    : table_(table),
      settings_(Begin(outside)),
      entries_(app_, settings_.command, OptionEntries::Nothing::kValue) {
  AddTableOptions(app_, settings_);
  AddEndpointOptions(app_, settings_);
}

absl::Status EndpointTable::Wrong(std::string_view key,
                                  std::string_view what) const {
  return entries_.Wrong(fmt::format("--{}", key), what);
}

bool EndpointTable::Has(std::string_view key) const {
  return entries_.Gave(fmt::format("--{}", key));
}

// --- Reading ---------------------------------------------------------------

absl::Status EndpointTable::Read(const std::vector<std::string>& globals) {
  absl::Status status = CheckName();
  for (const ConfigEntry& entry : table_.entries) {
    if (status.ok()) status = TakeEntry(entry, globals);
  }
  for (std::vector<std::string>* list :
       {&settings_.names, &settings_.child_environment,
        &settings_.accept_users}) {
    *list = WithoutNothing(std::move(*list));
  }
  return status.ok() ? Check() : status;
}

absl::Status EndpointTable::CheckName() const {
  const bool right =
      !name().empty() && name().size() <= kLongestName &&
      absl::c_all_of(name(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
      });
  if (right) return absl::OkStatus();
  return Error(place(), fmt::format("[endpoint.{}]: the name of an endpoint "
                                    "has 1 to {} letters, digits, _ . and -",
                                    QuoteTomlKey(name()), kLongestName));
}

absl::Status EndpointTable::TakeEntry(const ConfigEntry& entry,
                                      const std::vector<std::string>& globals) {
  if (entry.key == kRoutesKey) return TakeRoutes(entry);
  if (entries_.Has(entry.key)) return entries_.Take(entry);
  if (absl::c_linear_search(globals, entry.key)) {
    return Error(
        entry.place,
        fmt::format("{} is global: put it before the first table", entry.key));
  }
  std::vector<std::string> keys = entries_.Keys();
  keys.emplace_back(kRoutesKey);
  if (entry.type != ConfigEntry::Type::kTable ||
      !NearMatch(entry.key, keys).empty()) {
    return UnknownKey(entry, keys);
  }
  return Error(entry.place,
               fmt::format("there is no table [endpoint.{0}.{1}]; a name with "
                           "a dot is in quotes: [endpoint.\"{0}.{1}\"]",
                           name(), entry.key));
}

absl::Status EndpointTable::TakeRoutes(const ConfigEntry& entry) {
  if (entry.type != ConfigEntry::Type::kTable) {
    return Error(entry.place,
                 "routes must be a table of names and endpoints: "
                 "{ NAME = \"ENDPOINT\" }");
  }
  for (const ConfigEntry& item : entry.items) {
    absl::Status status = TakeRoute(item);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status EndpointTable::TakeRoute(const ConfigEntry& item) {
  const std::string place =
      fmt::format("{}: routes: {}", item.place, QuoteTomlKey(item.key));
  if (item.type != ConfigEntry::Type::kText) {
    return Error(place, "must be the name of an endpoint");
  }
  absl::Status status = CheckPattern(item.key);
  if (!status.ok()) return Error(place, MessageOf(status));
  routes_.push_back({item.key, item.texts.front(), place});
  return absl::OkStatus();
}

// --- Checks ----------------------------------------------------------------

absl::Status EndpointTable::Check() const {
  absl::Status status = CheckSettings(settings_, entries_);
  if (status.ok()) status = CheckPeer();
  if (status.ok()) status = CheckAccept();
  if (status.ok()) status = CheckChild();
  if (status.ok()) status = CheckPool();
  return status.ok() ? CheckLife() : status;
}

// There is exactly one, and an address is right.
absl::Status EndpointTable::CheckPeer() const {
  std::vector<std::string_view> peers;
  if (!settings_.command.empty()) peers.emplace_back(kCommandKey);
  if (!settings_.connect.empty()) peers.emplace_back(kConnect);
  if (!settings_.accept.empty()) peers.emplace_back(kAccept);
  if (peers.empty()) {
    return Error(place(), fmt::format("endpoint '{}' needs one of command, "
                                      "connect and accept",
                                      name()));
  }
  if (peers.size() > 1) {
    return Wrong(peers.back(),
                 fmt::format("endpoint '{}' has {} already: it can have one of "
                             "command, connect and accept",
                             name(), peers.front()));
  }
  if (!settings_.connect.empty()) {
    return CheckAddress(kConnect, settings_.connect, /*any_port=*/false);
  }
  return settings_.accept.empty()
             ? absl::OkStatus()
             : CheckAddress(kAccept, settings_.accept, /*any_port=*/true);
}

absl::Status EndpointTable::CheckAddress(std::string_view key,
                                         const std::string& text,
                                         bool any_port) const {
  const absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) return Wrong(key, MessageOf(address.status()));
  const auto* tcp = std::get_if<TcpAddress>(&*address);
  if (tcp != nullptr && tcp->port == 0 && !any_port) {
    return Wrong(key,
                 fmt::format("'{}' has port 0, where nobody listens", text));
  }
  if (IsLocal(*address) || settings_.insecure_peers) return absl::OkStatus();
  return Wrong(key, fmt::format("'{}' is not on the loopback; what crosses a "
                                "network is not encrypted: insecure-peers = "
                                "true allows it",
                                text));
}

absl::Status EndpointTable::CheckAccept() const {
  if (settings_.accept.empty()) {
    for (const std::string_view key : {"accept-users", "accept-limit"}) {
      if (Has(key)) return Wrong(key, "is for an endpoint with accept");
    }
    return absl::OkStatus();
  }
  const absl::StatusOr<Address> address = ParseAddress(settings_.accept);
  if (!settings_.accept_users.empty() &&
      !std::holds_alternative<UnixAddress>(*address)) {
    return Wrong("accept-users",
                 "only a Unix socket says which user has dialled");
  }
  if (Has("replicas")) {
    return Wrong("replicas",
                 "an endpoint with accept has a member for each "
                 "connection");
  }
  if (Has("start") && settings_.start == kOnDemand) {
    return Wrong("start", "an endpoint with accept starts nothing: it listens");
  }
  return absl::OkStatus();
}

// The options of a process mean nothing where none is started.
absl::Status EndpointTable::CheckChild() const {
  if (!settings_.command.empty()) return absl::OkStatus();
  for (const std::string& key : KeysOf(app_)) {
    if (!key.starts_with(kOfChildren) || !Has(key)) continue;
    return Wrong(key,
                 fmt::format("endpoint '{}' starts no child: it has {}", name(),
                             settings_.connect.empty() ? kAccept : kConnect));
  }
  return absl::OkStatus();
}

absl::Status EndpointTable::CheckPool() const {
  const uint64_t most = settings_.accept.empty()
                            ? std::max<uint64_t>(settings_.replicas, 1)
                            : settings_.accept_limit;
  if (settings_.min_ready > most) {
    return Wrong("min-ready",
                 fmt::format("{} members can't be ready: there are {} at most",
                             settings_.min_ready, most));
  }
  if (settings_.ready_name.empty()) return absl::OkStatus();
  absl::Status status = CheckActorName("name", settings_.ready_name);
  return status.ok() ? status : Wrong("ready-name", MessageOf(status));
}

absl::Status EndpointTable::CheckLife() const {
  if (!Has("idle-stop") || settings_.start == kOnDemand ||
      ToMilliseconds(settings_.idle_stop).count() == 0) {
    return absl::OkStatus();
  }
  return Wrong("idle-stop",
               "needs start = \"on-demand\", or nothing would "
               "start the endpoint again");
}

// --- What was read ---------------------------------------------------------

PoolOptions EndpointTable::ToPool() const {
  PoolOptions pool = ToPoolOptions(settings_, name());
  for (const Route& route : routes_) pool.routes[route.pattern] = route.target;
  return pool;
}

std::string EndpointTable::Print() const {
  std::string text = fmt::format("\n[endpoint.{}]\n{}", QuoteTomlKey(name()),
                                 PrintCommand(settings_.command));
  for (const CLI::Option* option : app_.get_options()) {
    if (!Has(KeyOf(*option)) || option->get_group().empty()) continue;
    text += PrintOption(*option);
  }
  if (routes_.empty()) return text;
  return text +
         fmt::format(
             "{}={{ {} }}\n", kRoutesKey,
             absl::StrJoin(routes_, ", ", [](auto* out, const auto& route) {
               out->append(fmt::format("{} = {}", QuoteTomlKey(route.pattern),
                                       QuoteToml(route.target)));
             }));
}

}  // namespace thespian::gateway
