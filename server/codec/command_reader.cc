#include "server/codec/command_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/loop/loop_thread.h"

namespace thespian::gateway {
namespace {

constexpr int kVarint = 0;
constexpr int kBytes = 2;

// Of the fields up to 15, whose tags are one byte.
constexpr uint8_t Tag(int field, int type) {
  return static_cast<uint8_t>(field << 3 | type);
}

// The fields of one message, in the form in which Protobuf writes them; false
// for any other.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  std::string_view left() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

  // Must not be empty.
  uint8_t TakeTag() {
    const char tag = bytes_.front();
    bytes_.remove_prefix(1);
    return static_cast<uint8_t>(tag);
  }

  bool TakeNumber(uint64_t& number) {
    constexpr int kMostBits = 63;  // a tenth byte has one bit more: not here
    uint64_t value = 0;
    for (int shift = 0; shift < kMostBits && !bytes_.empty(); shift += 7) {
      const uint8_t byte = TakeTag();
      value |= uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        number = value;
        return true;
      }
    }
    return false;
  }

  bool TakeBytes(std::string_view& bytes) {
    uint64_t size = 0;
    if (!TakeNumber(size) || size > bytes_.size()) return false;
    bytes = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return true;
  }

  // A text; of those that are not ASCII, Protobuf says whether they are one.
  bool TakeAscii(std::string_view& text) {
    return TakeBytes(text) && std::all_of(text.begin(), text.end(), [](char c) {
             return static_cast<unsigned char>(c) < 0x80;
           });
  }

 private:
  std::string_view bytes_;
};

// A payload that is CBOR, and the first of its message: a second one would
// have to be merged.
bool TakeCbor(Fields& fields, std::string_view& cbor) {
  std::string_view payload;
  if (cbor.data() != nullptr || !fields.TakeBytes(payload)) return false;
  Fields inner(payload);
  return !inner.empty() &&
         inner.TakeTag() == Tag(v1::Payload::kCborFieldNumber, kBytes) &&
         inner.TakeBytes(cbor) && inner.empty();
}

// Has `take` take the value of each field, whose tag it gets; false once it
// does not.
template <typename Take>
bool ReadFields(std::string_view message, const Take& take) {
  for (Fields fields(message); !fields.empty();) {
    const uint8_t tag = fields.TakeTag();
    if (!take(tag, fields)) return false;
  }
  return true;
}

bool ReadById(std::string_view body, PlainSend& send) {
  using Send = v1::ActorCommand::Send;
  RemoteId to;
  const bool read = ReadFields(body, [&](uint8_t tag, Fields& fields) {
    switch (tag) {
      case Tag(Send::kEndpointFieldNumber, kBytes):
        return fields.TakeAscii(send.endpoint);
      case Tag(Send::kToIdFieldNumber, kVarint):
        return fields.TakeNumber(to.value);
      case Tag(Send::kIncarnationFieldNumber, kVarint):
        return fields.TakeNumber(send.incarnation.value);
      case Tag(Send::kPayloadFieldNumber, kBytes):
        return TakeCbor(fields, send.cbor);
    }
    return false;
  });
  send.to = to;
  return read;
}

bool ReadByName(std::string_view body, PlainSend& send) {
  using SendNamed = v1::ActorCommand::SendNamed;
  std::string_view to;
  const bool read = ReadFields(body, [&](uint8_t tag, Fields& fields) {
    switch (tag) {
      case Tag(SendNamed::kEndpointFieldNumber, kBytes):
        return fields.TakeAscii(send.endpoint);
      case Tag(SendNamed::kToNameFieldNumber, kBytes):
        return fields.TakeAscii(to);
      case Tag(SendNamed::kPayloadFieldNumber, kBytes):
        return TakeCbor(fields, send.cbor);
    }
    return false;
  });
  send.to = to;
  return read;
}

// False: it is another command, or written in another form.
bool ReadPlainSend(std::string_view command, PlainSend& send) {
  std::string_view body;
  const bool read = ReadFields(command, [&](uint8_t tag, Fields& fields) {
    switch (tag) {
      case Tag(v1::ActorCommand::kCommandIdFieldNumber, kVarint):
        return fields.TakeNumber(send.command_id);
      case Tag(v1::ActorCommand::kSendFieldNumber, kBytes):
        return body.data() == nullptr && fields.TakeBytes(body) &&
               ReadById(body, send);
      case Tag(v1::ActorCommand::kSendNamedFieldNumber, kBytes):
        return body.data() == nullptr && fields.TakeBytes(body) &&
               ReadByName(body, send);
    }
    return false;
  });
  return read && send.cbor.data() != nullptr;
}

bool Fits(std::string_view bytes) {
  return bytes.size() <= size_t{std::numeric_limits<int>::max()};
}

}  // namespace

void CommandReader::Start(std::string_view request) {
  left_ = request;
  others_ = nullptr;
}

CommandReader::Step CommandReader::Advance() {
  Check(!LoopThread::IsCurrent(),
        "a client's commands are not read by an endpoint's loop");
  if (others_ != nullptr && next_other_ < others_->commands_size()) {
    command_ = &others_->commands(next_other_++);
    return Step::kCommand;
  }
  others_ = nullptr;
  if (left_.empty()) return Step::kEnd;
  Fields fields(left_);
  std::string_view body;
  const bool usual = fields.TakeTag() ==
                         Tag(v1::AttachRequest::kCommandsFieldNumber, kBytes) &&
                     fields.TakeBytes(body);
  if (!usual) return AdvanceByProtobuf(left_);
  const std::string_view command =
      left_.substr(0, left_.size() - fields.left().size());
  size_ = command.size();
  if (PlainSend send; ReadPlainSend(body, send)) {
    left_ = fields.left();
    command_ = send;
    return Step::kCommand;
  }
  return AdvanceByProtobuf(command);
}

CommandReader::Step CommandReader::AdvanceByProtobuf(std::string_view part) {
  auto others = std::make_unique<v1::AttachRequest>();
  if (!Fits(part) ||
      !others->ParseFromArray(part.data(), static_cast<int>(part.size()))) {
    return Step::kUnreadable;
  }
  left_.remove_prefix(part.size());
  others_ = std::move(others);
  next_other_ = 0;
  return Advance();
}

}  // namespace thespian::gateway
