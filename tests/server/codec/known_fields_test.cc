// What of a request is read.
#include "server/codec/known_fields.h"

#include <string>

#include "gmock/gmock.h"
#include "server/codec/raw_message.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {
namespace {

// Field 999, a varint: 1.
const std::string kUnknown = FromHex("b83e01");

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

v1::SendNamedRequest Request() {
  v1::SendNamedRequest request;
  request.set_to_name("echo");
  request.mutable_payload()->set_cbor("\x01");
  return request;
}

// Reads `bytes`, in which what Request has must be.
v1::SendNamedRequest Read(const std::string& bytes) {
  v1::SendNamedRequest read;
  EXPECT_THAT(Parse(BufferOf(bytes), read), IsOk());
  EXPECT_EQ(read.to_name(), "echo");
  EXPECT_EQ(read.payload().cbor(), "\x01");
  return read;
}

int UnknownFields(const google::protobuf::Message& message) {
  return message.GetReflection()->GetUnknownFields(message).field_count();
}

TEST(KnownFieldsTest, AMessageIsReadAsItIs) {
  EXPECT_EQ(Read(Request().SerializeAsString()).SerializeAsString(),
            Request().SerializeAsString());
}

TEST(KnownFieldsTest, AnUnknownFieldIsNotKept) {
  const std::string bytes = Request().SerializeAsString();
  for (const std::string& with :
       {kUnknown + bytes, bytes + kUnknown, bytes + kUnknown + kUnknown}) {
    EXPECT_EQ(UnknownFields(Read(with)), 0);
  }
}

TEST(KnownFieldsTest, NorIsOneWithinAMessageOfIt) {
  v1::SendNamedRequest request = Request();
  std::string payload = request.payload().SerializeAsString() + kUnknown;
  ASSERT_TRUE(request.mutable_payload()->ParseFromString(payload));
  ASSERT_EQ(UnknownFields(request.payload()), 1);
  EXPECT_EQ(UnknownFields(Read(request.SerializeAsString()).payload()), 0);
}

TEST(KnownFieldsTest, NorIsAKnownOneInAnotherForm) {
  // to_name is a text; here it is a varint.
  const auto* field =
      v1::SendNamedRequest::descriptor()->FindFieldByName("to_name");
  const std::string other = {static_cast<char>(field->number() << 3), 1};
  EXPECT_EQ(UnknownFields(Read(other + Request().SerializeAsString())), 0);
}

TEST(KnownFieldsTest, UnknownFieldsOfEveryFormArePassedOver) {
  for (const char* field : {"b83eff01", "b93e0102030405060708", "ba3e03616263",
                            "bb3eb83e01bc3e", "bd3e01020304"}) {
    EXPECT_EQ(
        UnknownFields(Read(FromHex(field) + Request().SerializeAsString())), 0)
        << field;
  }
}

TEST(KnownFieldsTest, WhatCanNotBeReadIsRefusedWithUnknownFieldsAndWithout) {
  v1::SendNamedRequest request;
  for (const char* bytes : {"ff", "0a05", "b83e", "b83e01ff", "b83e010a05",
                            "b83e0100", "bb3e", "bc3e", "b83e011a04ff"}) {
    const absl::Status status = Parse(BufferOf(FromHex(bytes)), request);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument)) << bytes;
    EXPECT_THAT(ReasonOf(status),
                ::testing::Optional(ErrorReason::kFieldInvalid));
  }
}

}  // namespace
}  // namespace thespian::gateway
