// Reads the commands of an AttachRequest from its bytes, one at a time. What
// most of them are, a send of CBOR, is read where it lies, without a copy;
// everything else is left to Protobuf.
//
// Ownership: owns the command that Protobuf has read; borrows the bytes, which
//   stay until Advance has come to the end.
// Threads:   thread-compatible.
// Errors:    what Protobuf would not read is kUnreadable. Unlike there, what
//   comes before it has been read by then.
// Memory:    one command, of those that are left to Protobuf.
// Source:    Protobuf's encoding, and AttachRequest in the .proto.
#ifndef SERVER_CODEC_COMMAND_READER_H_
#define SERVER_CODEC_COMMAND_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include "endpoint/wire/ids.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// A command to send CBOR, as views of the request.
struct PlainSend {
  uint64_t command_id = 0;
  std::string_view endpoint;
  std::variant<RemoteId, std::string_view> to;
  Incarnation incarnation;
  std::string_view cbor;
};

class CommandReader {
 public:
  enum class Step { kCommand, kEnd, kUnreadable };
  using Command = std::variant<PlainSend, const v1::ActorCommand*>;

  // Begins with a request's first command.
  void Start(std::string_view request);

  // Goes on to the next command. At an end that is not kCommand it stays. Not
  // on an endpoint's loop (CHECKed): nobody would read the child meanwhile.
  Step Advance();

  // The one that Advance has come to; valid until the next Advance.
  const Command& command() const { return command_; }

  // How many commands there are from this one on, if all are like it. At
  // least 1.
  size_t LikelyLeft() const { return 1 + left_.size() / size_; }

 private:
  // `part` is what comes next, one command or all of them, and is no plain
  // send.
  Step AdvanceByProtobuf(std::string_view part);

  std::string_view left_;
  size_t size_ = 1;  // of the command
  Command command_;
  // What is no plain send: a command, or all that follows.
  std::unique_ptr<v1::AttachRequest> others_;
  int next_other_ = 0;
};

}  // namespace thespian::gateway

#endif  // SERVER_CODEC_COMMAND_READER_H_
