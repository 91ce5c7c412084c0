#include "examples/bridge-child/far_watch.h"

namespace thespian::gateway::bridge {

FarWatch::FarWatch(client::Client& gateway, const std::string& endpoint,
                   Inbox& inbox)
    : inbox_(inbox),
      watch_(
          gateway.WatchProxies({.endpoint = endpoint,
                                .kinds = {v1::PROXY_EVENT_KIND_PROXY_CREATED,
                                          v1::PROXY_EVENT_KIND_PROXY_CLOSED,
                                          v1::PROXY_EVENT_KIND_LINK_CREATED}})),
      thread_([this] { Run(); }) {}

FarWatch::~FarWatch() {
  watch_->Cancel();
  inbox_.Close();
  thread_.join();
}

void FarWatch::Run() {
  v1::ProxyEvent event;
  while (watch_->Next(event)) {
    Tell(event);
    inbox_.WaitForRoom();
  }
  inbox_.Put(GatewayLost{watch_->Finish()});
}

void FarWatch::Tell(const v1::ProxyEvent& event) {
  const auto actor = [&event](uint64_t id) {
    return FarActor{{id}, {event.incarnation()}};
  };
  switch (event.event_case()) {
    case v1::ProxyEvent::kSnapshotComplete:
      return inbox_.Put(WatchReady{});
    case v1::ProxyEvent::kProxyCreated:
      return inbox_.Put(FarBegan{actor(event.proxy_created().remote_id())});
    case v1::ProxyEvent::kProxyClosed: {
      const v1::ProxyClosed& closed = event.proxy_closed();
      return inbox_.Put(
          FarEnded{actor(closed.remote_id()), closed.reason(),
                   closed.cause() == v1::PROXY_CLOSE_CAUSE_RELEASED});
    }
    case v1::ProxyEvent::kLinkCreated: {
      const v1::LinkCreated& link = event.link_created();
      if (!link.by_remote()) return;
      return inbox_.Put(FarLinked{actor(link.remote_id()), {link.local_id()}});
    }
    default:
      return;
  }
}

}  // namespace thespian::gateway::bridge
