#include "server/host/health_board.h"

#include <utility>
#include <vector>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

bool IsReady(const Gateway& gateway, const Pool& pool) {
  size_t ready = 0;
  for (const EndpointHandle& member :
       gateway.directory().MembersOf(pool.name())) {
    if (member->state() == EndpointState::kRunning) ++ready;
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
  for (const std::shared_ptr<Pool>& pool : gateway_.directory().Pools()) {
    const bool ready = !stopped_ && IsReady(gateway_, *pool);
    Say(fmt::format("endpoint/{}", pool->name()), ready);
    if (pool->options().required && !ready) all = false;
  }
  Say("", all);
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
