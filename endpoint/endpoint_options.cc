#include "endpoint/endpoint_options.h"

#include <algorithm>
#include <utility>

#include "endpoint/session/frame_batch.h"

namespace thespian::gateway {
namespace {

// One batch may follow where low_bytes wait already.
FrameWriter::Limits RoomFor(size_t frame_bytes, FrameWriter::Limits limits) {
  const size_t least = 2 * (frame_bytes + kFullBatchBytes);
  limits.high_bytes = std::max(limits.high_bytes, least);
  limits.low_bytes = limits.high_bytes / 2;
  return limits;
}

}  // namespace

EndpointFacts::EndpointFacts(EndpointOptions with, EndpointName shared_name,
                             uint8_t shared_group)
    : options(std::move(with)),
      name(shared_name),
      group(shared_group),
      dialect(RowOf(options.dialect)),
      max_outgoing_frame_bytes(
          std::min(dialect.max_frame_bytes, options.max_frame_bytes)),
      queue_limits(RoomFor(max_outgoing_frame_bytes, options.queue)) {}

}  // namespace thespian::gateway
