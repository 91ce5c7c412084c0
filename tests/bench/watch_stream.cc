#include "tests/bench/watch_stream.h"

#include <utility>

#include "endpoint/check.h"

namespace thespian::gateway::bench {
namespace {

v1::WatchProxiesRequest Request() {
  v1::WatchProxiesRequest request;
  request.set_skip_snapshot(true);
  request.add_kinds(v1::PROXY_EVENT_KIND_MESSAGE_SENT);
  return request;
}

}  // namespace

WatchStream::WatchStream(std::unique_ptr<Stub> stub)
    : stub_(std::move(stub)), request_(Request()) {
  stub_->async()->WatchProxies(&context_, &request_, this);
  StartRead(&response_);
  StartCall();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return open_ || done_; });
  Check(!done_, "a watch opens");
}

WatchStream::~WatchStream() {
  context_.TryCancel();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_; });
}

void WatchStream::Await(uint64_t messages) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return messages_ >= messages || done_; });
  Check(!done_, "a watch stays open");
  messages_ -= messages;
}

void WatchStream::OnReadInitialMetadataDone(bool ok) {
  const std::lock_guard lock(mutex_);
  open_ = ok;
  changed_.notify_all();
}

void WatchStream::OnReadDone(bool ok) {
  if (!ok) return;
  {
    const std::lock_guard lock(mutex_);
    for (const v1::ProxyEvent& event : response_.events()) {
      Check(!event.has_gap(), "a watcher keeps up");
      if (event.has_message_sent()) ++messages_;
    }
    changed_.notify_all();
  }
  StartRead(&response_);
}

void WatchStream::OnDone(const grpc::Status& /*status*/) {
  const std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_all();
}

}  // namespace thespian::gateway::bench
