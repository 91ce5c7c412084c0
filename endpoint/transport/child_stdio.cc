#include "endpoint/transport/child_stdio.h"

#include <sys/uio.h>

#include <cerrno>
#include <utility>

namespace thespian::gateway {

ChildStdio::ChildStdio(asio::io_context& loop, Watched in, Watched out)
    : DescriptorStream(loop) {
  Use(Share(std::move(in)), Share(std::move(out)));
}

ssize_t ChildStdio::WriteTo(int fd, std::span<const iovec> pieces) {
  return writev(fd, pieces.data(), static_cast<int>(pieces.size()));
}

std::string_view ChildStdio::Describe(int error) const {
  return error == EPIPE ? "the child has closed its stdin"
                        : "the child's stdin can't be written";
}

}  // namespace thespian::gateway
