#include "tests/support/rpc_values.h"

#include "endpoint/check.h"

namespace thespian::gateway {
namespace {

// A CBOR head with its argument in two bytes, whatever that is.
std::string TwoByteHead(char initial, size_t argument) {
  Check(argument <= UINT16_MAX, "a test's item is below 64 KiB");
  return {initial, static_cast<char>(argument >> 8),
          static_cast<char>(argument)};
}

}  // namespace

v1::Payload Cbor(std::string_view bytes) {
  v1::Payload payload;
  payload.set_cbor(std::string(bytes));
  return payload;
}

v1::Payload Json(std::string_view text) {
  v1::Payload payload;
  payload.set_json(std::string(text));
  return payload;
}

v1::Payload Text(std::string_view text) { return Cbor(TextItem(text)); }

std::string TextItem(std::string_view text) {
  return TwoByteHead('\x79', text.size()).append(text);
}

v1::Payload List(std::string_view text) { return Cbor(ListItem(text)); }

std::string ListItem(std::string_view text) { return "\x81" + TextItem(text); }

std::string ItemOfSize(size_t bytes) {
  return TwoByteHead('\x59', bytes - 3) + std::string(bytes - 3, 'x');
}

v1::ActorCommand Open(std::string_view name, v1::PayloadEncoding encoding) {
  v1::ActorCommand command;
  command.mutable_open()->set_name(std::string(name));
  command.mutable_open()->set_encoding(encoding);
  return command;
}

v1::ActorCommand SendTo(uint64_t to, const v1::Payload& payload,
                        uint64_t command_id) {
  v1::ActorCommand command;
  command.set_command_id(command_id);
  command.mutable_send()->set_to_id(to);
  *command.mutable_send()->mutable_payload() = payload;
  return command;
}

v1::ActorCommand SendToName(std::string_view name, const v1::Payload& payload,
                            uint64_t command_id) {
  v1::ActorCommand command;
  command.set_command_id(command_id);
  command.mutable_send_named()->set_to_name(std::string(name));
  *command.mutable_send_named()->mutable_payload() = payload;
  return command;
}

v1::ActorCommand LinkTo(uint64_t remote, uint64_t command_id) {
  v1::ActorCommand command;
  command.set_command_id(command_id);
  command.mutable_link()->set_remote_id(remote);
  return command;
}

v1::SendRequest SendRequestTo(uint64_t to, const v1::Payload& payload) {
  v1::SendRequest request;
  request.set_to_id(to);
  *request.mutable_payload() = payload;
  return request;
}

v1::SendNamedRequest SendRequestTo(std::string_view name,
                                   const v1::Payload& payload) {
  v1::SendNamedRequest request;
  request.set_to_name(std::string(name));
  *request.mutable_payload() = payload;
  return request;
}

v1::CallRequest CallTo(uint64_t to, const v1::Payload& payload) {
  v1::CallRequest request;
  request.set_to_id(to);
  *request.mutable_payload() = payload;
  return request;
}

v1::CallRequest CallTo(std::string_view name, const v1::Payload& payload) {
  v1::CallRequest request;
  request.set_to_name(std::string(name));
  *request.mutable_payload() = payload;
  return request;
}

}  // namespace thespian::gateway
