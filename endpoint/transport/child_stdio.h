// A transport over a child's stdin and stdout.
//
// Ownership: owns our ends of the two pipes. Shared by its session and by the
//   loop's pending waits.
// Threads:   as a Transport.
// Errors:    as a DescriptorStream.
// Memory:    one read.
#ifndef ENDPOINT_TRANSPORT_CHILD_STDIO_H_
#define ENDPOINT_TRANSPORT_CHILD_STDIO_H_

#include <asio/io_context.hpp>
#include <span>
#include <string_view>

#include "endpoint/loop/watched.h"
#include "endpoint/transport/descriptor_stream.h"

namespace thespian::gateway {

class ChildStdio final : public DescriptorStream {
 public:
  // `in` is written to, `out` is read.
  ChildStdio(asio::io_context& loop, Watched in, Watched out);

 private:
  ssize_t WriteTo(int fd, std::span<const iovec> pieces) override;
  std::string_view Describe(int error) const override;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_TRANSPORT_CHILD_STDIO_H_
