// The commands of a request are what Protobuf reads, and what Protobuf does not
// read is unreadable.
//
//   input := the bytes of an AttachRequest
#include <google/protobuf/util/message_differencer.h>

#include <string>
#include <string_view>
#include <variant>

#include "endpoint/check.h"
#include "server/codec/command_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {
namespace {

template <typename Message>
void Fill(const PlainSend& send, Message& message) {
  message.set_endpoint(std::string(send.endpoint));
  message.mutable_payload()->set_cbor(std::string(send.cbor));
}

v1::ActorCommand ToMessage(const CommandReader::Command& command) {
  const auto* send = std::get_if<PlainSend>(&command);
  if (send == nullptr) return *std::get<const v1::ActorCommand*>(command);
  v1::ActorCommand message;
  message.set_command_id(send->command_id);
  if (const auto* id = std::get_if<RemoteId>(&send->to)) {
    Fill(*send, *message.mutable_send());
    message.mutable_send()->set_to_id(id->value);
    message.mutable_send()->set_incarnation(send->incarnation.value);
  } else {
    Fill(*send, *message.mutable_send_named());
    message.mutable_send_named()->set_to_name(
        std::string(std::get<std::string_view>(send->to)));
  }
  return message;
}

}  // namespace

void TryInput(std::string_view input) {
  using google::protobuf::util::MessageDifferencer;
  v1::AttachRequest request;
  const bool readable = request.ParseFromString(std::string(input));
  CommandReader reader;
  reader.Start(input);
  int commands = 0;
  CommandReader::Step step = reader.Advance();
  for (; step == CommandReader::Step::kCommand; step = reader.Advance()) {
    const v1::ActorCommand read = ToMessage(reader.command());
    Check(!readable ||
              (commands < request.commands_size() &&
               MessageDifferencer::Equals(read, request.commands(commands))),
          "a command is what Protobuf reads");
    ++commands;
  }
  Check((step == CommandReader::Step::kEnd) == readable,
        "what Protobuf can't read is unreadable");
  Check(!readable || commands == request.commands_size(), "all are read");
}

}  // namespace thespian::gateway
