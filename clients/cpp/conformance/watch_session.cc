#include "clients/cpp/conformance/watch_session.h"

#include <utility>

#include "clients/cpp/conformance/seen.h"

namespace thespian::gateway::conformance {

using nlohmann::json;

WatchSession::WatchSession(std::unique_ptr<client::ResumingWatch> watch)
    : watch_(std::move(watch)), reader_([this] { Read(); }) {}

WatchSession::~WatchSession() {
  watch_->Cancel();
  inbox_.Close();
  reader_.join();
}

void WatchSession::Read() {
  v1::ProxyEvent event;
  while (inbox_.AwaitRoom()) {
    switch (watch_->Next(event)) {
      case client::WatchStep::kEvent:
        inbox_.Add(SeenEvent(event));
        break;
      case client::WatchStep::kStartOver:
        inbox_.Add({{"not_resumed", json::object()}});
        break;
      case client::WatchStep::kEnded:
        return inbox_.End(watch_->status());
    }
  }
}

}  // namespace thespian::gateway::conformance
