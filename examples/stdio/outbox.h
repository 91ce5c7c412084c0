// The frames that wait for stdout, written as a dialect of the protocol has
// them.
//
// Ownership: owns the bytes until they are reported written.
// Threads:   thread-compatible.
// Errors:    none.
// Memory:    not bounded here: whoever fills it stops while it is full(), and
//   overshoots by what one read of stdin is answered with.
#ifndef EXAMPLES_STDIO_OUTBOX_H_
#define EXAMPLES_STDIO_OUTBOX_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "endpoint/wire/dialects.h"
#include "examples/stdio/ids.h"

namespace thespian::gateway::stdio {

class Outbox {
 public:
  // `bound` is the number of bytes at which it is full.
  explicit Outbox(size_t bound, Dialect dialect = Dialect::kPlain)
      : bound_(bound), dialect_(RowOf(dialect)) {}

  const DialectRow& dialect() const { return dialect_; }

  // `payload` is one CBOR item. What is sent to nobody is dropped. False, and
  // nothing is sent: the frame would be larger than the dialect allows.
  bool Send(ActorId from, PeerId to, std::string_view payload);
  // The same, to the actor of that name.
  bool SendNamed(ActorId from, std::string_view name, std::string_view payload);
  void Link(ActorId actor, PeerId to);
  void Exit(ActorId actor, std::string_view reason);
  void TransportError(std::string_view reason);

  std::string_view waiting() const {
    return std::string_view(bytes_).substr(written_);
  }
  bool empty() const { return written_ == bytes_.size(); }
  bool full() const { return bytes_.size() - written_ >= bound_; }

  // The first `size` bytes of waiting() have been written.
  void Written(size_t size);

 private:
  template <typename Sent>
  bool AppendIfItFits(const Sent& message);

  const size_t bound_;
  const DialectRow& dialect_;
  std::string bytes_;
  size_t written_ = 0;  // of bytes_
};

}  // namespace thespian::gateway::stdio

#endif  // EXAMPLES_STDIO_OUTBOX_H_
