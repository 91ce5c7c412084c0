#include "server/host/health_board.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// One that is started by the next message, or by what waits already, is as
// good as one that runs.
bool IsReady(const Endpoint& member) {
  return member.takes_messages() &&
         member.state() != EndpointState::kUnresponsive;
}

bool IsReady(const Gateway& gateway, const Pool& pool) {
  size_t ready = 0;
  for (const EndpointHandle& member :
       gateway.directory().MembersOf(pool.name())) {
    if (IsReady(*member)) ++ready;
  }
  return ready >= pool.options().min_ready;
}

}  // namespace

void HealthBoard::Refresh() {
  if (asked_.fetch_add(1) > 0) return;
  uint64_t answered = 0;
  do {
    answered = asked_;
    PublishChanges();
  } while (!asked_.compare_exchange_strong(answered, 0));
}

void HealthBoard::PublishChanges() {
  bool all = !stopped_;
  std::set<std::string> gone;
  for (const auto& [service, serving] : said_) gone.insert(service);
  gone.erase("");
  for (const std::shared_ptr<Pool>& pool : gateway_.directory().Pools()) {
    const bool ready = !stopped_ && IsReady(gateway_, *pool);
    const std::string service = fmt::format("endpoint/{}", pool->name());
    gone.erase(service);
    Say(service, ready);
    if (pool->options().required && !ready) all = false;
  }
  Say("", all);
  for (const std::string& service : gone) {
    Say(service, false);
    said_.erase(service);
  }
}

void HealthBoard::Say(const std::string& service, bool serving) {
  const auto [said, first] = said_.try_emplace(service, serving);
  if (!first && said->second == serving) return;
  said->second = serving;
  publish_(service, serving);
}

void HealthBoard::Stop() {
  stopped_ = true;
  Refresh();
}

}  // namespace thespian::gateway
