// Messages of the API, made in one expression.
#ifndef TESTS_SUPPORT_RPC_VALUES_H_
#define TESTS_SUPPORT_RPC_VALUES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

v1::Payload Cbor(std::string_view bytes);
v1::Payload Json(std::string_view text);
// A CBOR text string.
v1::Payload Text(std::string_view text);
// The bytes of Text.
std::string TextItem(std::string_view text);
// An array of one text, which every child takes.
v1::Payload List(std::string_view text);
std::string ListItem(std::string_view text);
// A CBOR byte string of `bytes` bytes, its head of 3 included. At least 260.
std::string ItemOfSize(size_t bytes);

v1::ActorCommand Open(
    std::string_view name = "",
    v1::PayloadEncoding encoding = v1::PAYLOAD_ENCODING_UNSPECIFIED);
v1::ActorCommand SendTo(uint64_t to, const v1::Payload& payload,
                        uint64_t command_id = 0);
v1::ActorCommand SendToName(std::string_view name, const v1::Payload& payload,
                            uint64_t command_id = 0);
v1::ActorCommand LinkTo(uint64_t remote, uint64_t command_id = 0);

v1::SendRequest SendRequestTo(uint64_t to, const v1::Payload& payload);
v1::SendNamedRequest SendRequestTo(std::string_view name,
                                   const v1::Payload& payload);

v1::CallRequest CallTo(uint64_t to, const v1::Payload& payload);
v1::CallRequest CallTo(std::string_view name, const v1::Payload& payload);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_RPC_VALUES_H_
