#include "clients/cpp/watch.h"

#include <utility>

#include "clients/cpp/connection.h"
#include "clients/cpp/error.h"

namespace thespian::gateway::client {

Watch::Watch(std::shared_ptr<v1::GatewayService::Stub> stub,
             const WatchOptions& options)
    : stub_(std::move(stub)),
      resume_after_(options.after_sequence),
      epoch_(options.epoch) {
  NameEndpoint(options.endpoint, context_);
  request_.set_endpoint(options.endpoint);
  request_.set_after_sequence(options.after_sequence);
  request_.set_epoch(options.epoch);
  request_.set_skip_snapshot(options.skip_snapshot);
  request_.set_include_payloads(options.include_payloads);
  for (const v1::ProxyEventKind kind : options.kinds) request_.add_kinds(kind);
}

Watch::~Watch() {
  Cancel();
  if (reader_ == nullptr || finished_) return;
  while (reader_->Read(&response_)) {
  }
  reader_->Finish();
}

bool Watch::Next(v1::ProxyEvent& event) {
  do {
    if (next_ == response_.events_size() && !Fetch()) return false;
    event = std::move(*response_.mutable_events(next_++));
    resume_after_ = event.sequence();
  } while (event.has_heartbeat());
  return true;
}

bool Watch::Fetch() {
  if (finished_) return false;
  if (reader_ == nullptr) reader_ = stub_->WatchProxies(&context_, request_);
  next_ = 0;
  do {
    response_.Clear();
    if (!reader_->Read(&response_)) return false;
    if (response_.epoch() != 0) epoch_ = response_.epoch();
  } while (response_.events_size() == 0);
  return true;
}

absl::Status Watch::Finish() {
  if (reader_ == nullptr || finished_) {
    return absl::FailedPreconditionError("the watch has no call to finish");
  }
  finished_ = true;
  return FromGrpc(reader_->Finish());
}

}  // namespace thespian::gateway::client
