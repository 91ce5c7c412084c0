#include "tests/support/watcher.h"

#include <chrono>

#include "gtest/gtest.h"
#include "tests/support/patience.h"

namespace thespian::gateway {

v1::WatchProxiesRequest SinceTheBeginning(
    const std::vector<v1::ProxyEventKind>& kinds) {
  v1::WatchProxiesRequest request;
  request.set_after_sequence(1);  // the endpoint is being started
  request.set_skip_snapshot(true);
  for (const v1::ProxyEventKind kind : kinds) request.add_kinds(kind);
  return request;
}

Watcher::Watcher(v1::GatewayService::Stub& stub,
                 const v1::WatchProxiesRequest& request) {
  context_.set_deadline(std::chrono::system_clock::now() + kPatience);
  stream_ = stub.WatchProxies(&context_, request);
}

Watcher::~Watcher() {
  if (finished_) return;
  context_.TryCancel();
  Finish();
}

std::optional<v1::ProxyEvent> Watcher::Next() {
  while (next_ == response_.events_size()) {
    next_ = 0;
    response_.Clear();
    if (!stream_->Read(&response_)) return std::nullopt;
    EXPECT_GT(response_.events_size(), 0) << "an empty message";
    EXPECT_EQ(response_.epoch() != 0, epoch_ == 0) << "in the first alone";
    if (epoch_ == 0) epoch_ = response_.epoch();
  }
  return response_.events(next_++);
}

std::optional<v1::ProxyEvent> Watcher::Next(EventCase kind) {
  std::optional<v1::ProxyEvent> event;
  do {
    event = Next();
  } while (event.has_value() && event->event_case() != kind);
  return event;
}

std::vector<v1::ProxyEvent> Watcher::Until(
    absl::FunctionRef<bool(const v1::ProxyEvent&)> last) {
  std::vector<v1::ProxyEvent> events;
  while (const std::optional<v1::ProxyEvent> event = Next()) {
    events.push_back(*event);
    if (last(*event)) break;
  }
  return events;
}

std::vector<v1::ProxyEvent> Watcher::UntilState(v1::EndpointState state) {
  return Until([state](const v1::ProxyEvent& event) {
    return event.has_endpoint_state_changed() &&
           event.endpoint_state_changed().state() == state;
  });
}

grpc::Status Watcher::Finish() {
  finished_ = true;
  while (Next().has_value()) {
  }
  return stream_->Finish();
}

}  // namespace thespian::gateway
