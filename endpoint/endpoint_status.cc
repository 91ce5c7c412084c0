#include "endpoint/endpoint_status.h"

namespace thespian::gateway {
namespace {

void Add(const std::map<std::string, uint64_t>& of,
         std::map<std::string, uint64_t>& to) {
  for (const auto& [reason, count] : of) to[reason] += count;
}

void Add(const FrameStats& of, FrameStats& to) {
  to.taken += of.taken;
  to.written += of.written;
  to.dropped += of.dropped;
  to.withdrawn += of.withdrawn;
  to.waiting += of.waiting;
}

void Add(const WriteStats& of, WriteStats& to) {
  Add(of.messages, to.messages);
  Add(of.controls, to.controls);
  to.bytes += of.bytes;
}

void Add(const InboundStats& of, InboundStats& to) {
  to.frames += of.frames;
  to.received += of.received;
  to.delivered += of.delivered;
  Add(of.undeliverable, to.undeliverable);
  to.skipped += of.skipped;
  Add(of.skipped_by_reason, to.skipped_by_reason);
  to.misplaced_tags += of.misplaced_tags;
  to.bytes += of.bytes;
  to.proxies_created += of.proxies_created;
  to.proxies_closed += of.proxies_closed;
}

}  // namespace

void AddCounts(const EndpointStatus& of, EndpointStatus& to) {
  Add(of.inbound, to.inbound);
  Add(of.outbound, to.outbound);
  to.refused += of.refused;
  Add(of.unread, to.unread);
  to.queued_bytes += of.queued_bytes;
}

}  // namespace thespian::gateway
