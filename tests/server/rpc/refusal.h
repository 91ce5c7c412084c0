// Rows of the API's error table: a request that is good but for one thing, and
// what comes of that.
#ifndef TESTS_SERVER_RPC_REFUSAL_H_
#define TESTS_SERVER_RPC_REFUSAL_H_

#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/wire/dialects.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/hex.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"

namespace thespian::gateway {

template <typename Request>
struct Refusal {
  std::string name;
  std::function<void(Request&)> spoil;
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string reason;
  std::string field;
  std::vector<std::string> words;  // of the message
  Dialect dialect = Dialect::kPlain;

  friend void PrintTo(const Refusal& refusal, std::ostream* out) {
    *out << refusal.name;
  }
};

template <typename Request>
void ExpectRefused(const grpc::Status& status,
                   const Refusal<Request>& refusal) {
  EXPECT_THAT(status, FailsWith(refusal.code, refusal.reason));
  EXPECT_THAT(FailureOf(status).fields, ::testing::ElementsAre(refusal.field));
  for (const std::string& word : refusal.words) {
    EXPECT_THAT(status.error_message(), ::testing::HasSubstr(word));
  }
}

template <typename Request>
std::string NameOf(const ::testing::TestParamInfo<Refusal<Request>>& info) {
  return info.param.name;
}

template <typename Request>
Refusal<Request> BadPayload(const std::string& name, const v1::Payload& payload,
                            std::vector<std::string> words,
                            const std::string& field = "payload") {
  return {name,
          [payload](Request& request) { *request.mutable_payload() = payload; },
          grpc::StatusCode::INVALID_ARGUMENT,
          "PAYLOAD_INVALID",
          field,
          std::move(words)};
}

template <typename Request>
std::vector<Refusal<Request>> BadPayloads() {
  const auto bad = BadPayload<Request>;
  const auto for_thespian = [](Refusal<Request> refusal) {
    refusal.dialect = Dialect::kThespian;
    return refusal;
  };
  return {
      bad("MissingPayload", {}, {"missing"}, "payload"),
      bad("EmptyPayload", Cbor(""), {"empty", "at byte 0"}, "payload"),
      bad("TwoItems", Cbor(FromHex("01 02")), {"1 byte", "at byte 1"},
          "payload"),
      bad("TruncatedItem", Cbor(FromHex("82 01")), {"at byte 2"}, "payload"),
      bad("ReservedHead", Cbor(FromHex("1c")), {"at byte 0"}, "payload"),
      for_thespian(bad("Tag", Cbor(FromHex("82 01 c1 00")),
                       {"tag", "at byte 2"}, "payload")),
      for_thespian(bad("IndefiniteLength", Cbor(FromHex("81 9f ff")),
                       {"indefinite", "at byte 1"}, "payload")),
      for_thespian(bad("Undefined", Cbor(FromHex("f7")),
                       {"simple", "at byte 0"}, "payload")),
      for_thespian(bad("NoArray", Cbor(FromHex("05")),
                       {"array or null", "at byte 0"}, "payload")),
      for_thespian(bad("ControlMessage", Cbor(FromHex("81 69") + "link_wire"),
                       {"link_wire", "at byte 1"}, "payload")),
      for_thespian(bad("BelowInt64", Cbor(FromHex("3b ffffffffffffffff")),
                       {"-2^63", "at byte 0"}, "payload")),
      bad("NestedTooDeep", Cbor(std::string(65, '\x81') + '\x01'),
          {"64", "at byte 64"}, "payload"),
      bad("MalformedJson", Json("{\"a\": 1,\n  oops}"), {"line 2", "column 3"},
          "payload.json"),
      bad("TwoJsonValues", Json("1 2"), {"line 1"}, "payload.json"),
  };
}

template <typename Request>
Refusal<Request> UnknownEndpoint() {
  return {"UnknownEndpoint",
          [](Request& request) { request.set_endpoint("nowhere"); },
          grpc::StatusCode::NOT_FOUND,
          "ENDPOINT_UNKNOWN",
          "endpoint",
          {"'nowhere'"}};
}

template <typename Request>
Refusal<Request> TargetIsNobody() {
  return {"TargetIsNobody",
          [](Request& request) { request.set_to_id(0); },
          grpc::StatusCode::INVALID_ARGUMENT,
          "FIELD_INVALID",
          "to_id",
          {"0"}};
}

template <typename Request>
Refusal<Request> UnknownTarget() {
  return {"UnknownTarget",
          [](Request& request) { request.set_to_id(99); },
          grpc::StatusCode::NOT_FOUND,
          "ACTOR_UNKNOWN",
          "to_id",
          {"99", "'default'"}};
}

template <typename Request>
Refusal<Request> EmptyName() {
  return {"EmptyName",
          [](Request& request) { request.set_to_name(""); },
          grpc::StatusCode::INVALID_ARGUMENT,
          "FIELD_INVALID",
          "to_name",
          {"255", "empty"}};
}

template <typename Request>
Refusal<Request> LongName() {
  return {"LongName",
          [](Request& r) { r.set_to_name(std::string(256, 'n')); },
          grpc::StatusCode::INVALID_ARGUMENT,
          "FIELD_INVALID",
          "to_name",
          {"255", "256"}};
}

}  // namespace thespian::gateway

#endif  // TESTS_SERVER_RPC_REFUSAL_H_
