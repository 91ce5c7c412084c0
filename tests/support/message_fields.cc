#include "tests/support/message_fields.h"

#include <variant>

#include "endpoint/wire/text.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

struct FieldReader {
  MessageFields operator()(const SendMessage& message) const {
    return {{"kind", "send"},
            {"from", std::to_string(message.from.value)},
            {"to", std::to_string(message.to.value)},
            {"payload_hex", ToHex(message.payload)}};
  }

  MessageFields operator()(const SendNamedMessage& message) const {
    return {{"kind", "send_named"},
            {"from", std::to_string(message.from.value)},
            {"name", ToUtf8(message.name)},
            {"payload_hex", ToHex(message.payload)}};
  }

  MessageFields operator()(const LinkMessage& message) const {
    return {{"kind", "link"},
            {"local", std::to_string(message.local.value)},
            {"remote", std::to_string(message.remote.value)}};
  }

  MessageFields operator()(const ExitMessage& message) const {
    return {{"kind", "exit"},
            {"local", std::to_string(message.local.value)},
            {"reason", ToUtf8(message.reason)}};
  }

  MessageFields operator()(const TransportErrorMessage& message) const {
    return {{"kind", "transport_error"}, {"reason", ToUtf8(message.reason)}};
  }

  MessageFields operator()(const Unrecognized& message) const {
    return {{"kind", "unrecognized"}, {"why", std::string(message.why)}};
  }
};

}  // namespace

MessageFields FieldsOf(const Message& message) {
  return std::visit(FieldReader{}, message);
}

}  // namespace thespian::gateway
