#include "tests/soak/life_watch.h"

#include <string>

#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::soak {
namespace {

client::WatchOptions Lives() {
  return {.kinds = {v1::PROXY_EVENT_KIND_ENDPOINT_STATE_CHANGED,
                    v1::PROXY_EVENT_KIND_PROXY_CREATED,
                    v1::PROXY_EVENT_KIND_PROXY_CLOSED,
                    v1::PROXY_EVENT_KIND_LINK_CREATED,
                    v1::PROXY_EVENT_KIND_LINK_CLOSED}};
}

}  // namespace

LifeWatch::LifeWatch(client::Client& client, Tally& tally)
    : tally_(tally), watch_(client.ResumeWatch(Lives())) {
  thread_ = std::thread([this] { Run(); });
}

LifeWatch::~LifeWatch() {
  ending_ = true;
  watch_->Cancel();
  thread_.join();
}

void LifeWatch::Run() {
  v1::ProxyEvent event;
  for (;;) {
    switch (watch_->Next(event)) {
      case client::WatchStep::kEvent:
        ++events_;
        Take(event);
        break;
      case client::WatchStep::kStartOver:
        ++losses_;
        whole_ = false;
        proxies_.clear();
        links_.clear();
        break;
      case client::WatchStep::kEnded:
        if (!ending_) {
          tally_.NoteFault(
              fmt::format("the watch ended: {}", MessageOf(watch_->status())));
        }
        return;
    }
  }
}

void LifeWatch::Take(const v1::ProxyEvent& event) {
  switch (event.event_case()) {
    case v1::ProxyEvent::kEndpointStateChanged:
      return TakeState(event);
    case v1::ProxyEvent::kProxyCreated:
      return TakeCreated(event);
    case v1::ProxyEvent::kProxyClosed:
      return TakeClosed(event);
    case v1::ProxyEvent::kLinkCreated:
      return TakeLink(event);
    case v1::ProxyEvent::kLinkClosed:
      return TakeUnlink(event);
    default:  // the end of a snapshot
      return;
  }
}

// A new child finds nothing of the one before.
void LifeWatch::TakeState(const v1::ProxyEvent& event) {
  if (event.endpoint_state_changed().state() != v1::ENDPOINT_STATE_RUNNING) {
    return;
  }
  Expect(
      proxies_.empty() || std::get<0>(*proxies_.begin()) == event.incarnation(),
      event, "a proxy outlives its incarnation");
  Expect(links_.empty() || std::get<0>(*links_.begin()) == event.incarnation(),
         event, "a link outlives its incarnation");
}

void LifeWatch::TakeCreated(const v1::ProxyEvent& event) {
  const Proxy proxy{event.incarnation(), event.proxy_created().remote_id()};
  Expect(proxies_.insert(proxy).second, event, "a proxy is created twice");
}

void LifeWatch::TakeClosed(const v1::ProxyEvent& event) {
  const uint64_t remote = event.proxy_closed().remote_id();
  Expect(proxies_.erase({event.incarnation(), remote}) > 0, event,
         "a proxy is closed that was not there");
  const auto link = links_.lower_bound({event.incarnation(), remote, 0});
  Expect(
      link == links_.end() || Proxy(std::get<0>(*link), std::get<1>(*link)) !=
                                  Proxy(event.incarnation(), remote),
      event, "a link outlives its proxy");
}

void LifeWatch::TakeLink(const v1::ProxyEvent& event) {
  const auto& link = event.link_created();
  Expect(proxies_.contains({event.incarnation(), link.remote_id()}), event,
         "a link to nobody");
  Expect(links_.insert({event.incarnation(), link.remote_id(), link.local_id()})
             .second,
         event, "a link is created twice");
}

void LifeWatch::TakeUnlink(const v1::ProxyEvent& event) {
  const auto& link = event.link_closed();
  const bool known = links_.erase({event.incarnation(), link.remote_id(),
                                   link.local_id()}) > 0;
  Expect(known || !whole_, event, "a link is closed that was not there");
}

void LifeWatch::Expect(bool holds, const v1::ProxyEvent& event,
                       const char* what) {
  if (holds) return;
  tally_.NoteFault(fmt::format("{}: {}", what, event.ShortDebugString()));
}

}  // namespace thespian::gateway::soak
