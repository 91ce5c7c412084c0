// The bytes of a response: the same as Protobuf writes for the same events.
#include "server/codec/event_buffer.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "server/codec/raw_message.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using Delivery = EventBuffer::Delivery;

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

void AddTo(v1::AttachResponse& response, const Delivery& delivery) {
  v1::ActorEvent& event = *response.add_events();
  event.set_sequence(delivery.sequence);
  auto& message = *event.mutable_delivery();
  message.set_endpoint(std::string(delivery.endpoint));
  message.set_incarnation(delivery.incarnation);
  message.set_from_id(delivery.from_id);
  if (delivery.encoding == v1::Payload::kJson) {
    message.mutable_payload()->set_json(std::string(delivery.payload));
  } else {
    message.mutable_payload()->set_cbor(std::string(delivery.payload));
  }
}

// Where a varint grows by a byte, and what is left out.
std::vector<uint64_t> Numbers() {
  std::vector<uint64_t> numbers = {0, 1, UINT64_MAX};
  constexpr int kBitsOfAByte = 7;
  for (int bits = kBitsOfAByte; bits < 64; bits += kBitsOfAByte) {
    numbers.push_back((uint64_t{1} << bits) - 1);
    numbers.push_back(uint64_t{1} << bits);
  }
  return numbers;
}

TEST(EventBufferTest, HasNoEventsAtFirst) {
  EventBuffer buffer;

  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(BytesOf(*buffer.wire()), "");
}

TEST(EventBufferTest, DeliveriesAreWrittenAsProtobufWritesThem) {
  for (const uint64_t number : Numbers()) {
    for (const auto& [sequence, incarnation, from] :
         {std::tuple{number, uint64_t{1}, uint64_t{7}},
          {uint64_t{1}, number, uint64_t{7}},
          {uint64_t{1}, uint64_t{1}, number}}) {
      const Delivery delivery = {.sequence = sequence,
                                 .endpoint = "east",
                                 .incarnation = incarnation,
                                 .from_id = from,
                                 .payload = "\x01"};
      EventBuffer buffer;
      buffer.Add(delivery);
      v1::AttachResponse expected;
      AddTo(expected, delivery);
      EXPECT_EQ(BytesOf(*buffer.wire()), expected.SerializeAsString())
          << sequence << ' ' << incarnation << ' ' << from;
    }
  }
}

TEST(EventBufferTest, TextsOfEveryLengthOfLength) {
  for (const size_t size : {0, 1, 10, 127, 128, 16'383, 16'384, 2'097'152}) {
    const std::string text(size, 'x');
    const std::string name = text.substr(0, 255);
    for (const auto encoding : {v1::Payload::kCbor, v1::Payload::kJson}) {
      const Delivery delivery = {.sequence = 1,
                                 .endpoint = name,
                                 .incarnation = 1,
                                 .from_id = 7,
                                 .encoding = encoding,
                                 .payload = text};
      EventBuffer buffer;
      buffer.Add(delivery);
      v1::AttachResponse expected;
      AddTo(expected, delivery);
      EXPECT_EQ(BytesOf(*buffer.wire()), expected.SerializeAsString()) << size;
    }
  }
}

TEST(EventBufferTest, OtherEventsStandBetweenDeliveries) {
  const Delivery delivery = {
      .sequence = 2, .endpoint = "east", .incarnation = 1, .payload = "\x01"};
  EventBuffer buffer;
  buffer.Reserve(1'000);
  v1::AttachResponse expected;
  v1::ActorEvent heartbeat;
  heartbeat.set_sequence(1);
  heartbeat.mutable_heartbeat();
  v1::ActorEvent exited;
  exited.set_sequence(3);
  exited.mutable_exited()->set_reason("done");

  buffer.Add(heartbeat);
  buffer.Add(delivery);
  buffer.Add(exited);

  *expected.add_events() = heartbeat;
  AddTo(expected, delivery);
  *expected.add_events() = exited;
  EXPECT_EQ(buffer.size(), 3);
  EXPECT_EQ(BytesOf(*buffer.wire()), expected.SerializeAsString());
}

TEST(EventBufferTest, BothKindsOfResponseReadIt) {
  EventBuffer buffer;
  buffer.Add({.sequence = 1, .endpoint = "east", .payload = "\x01"});
  const grpc::ByteBuffer& wire = *buffer.wire();

  v1::AttachResponse attached;
  v1::ListenResponse listened;
  EXPECT_THAT(Parse(wire, attached), IsOk());
  EXPECT_THAT(Parse(wire, listened), IsOk());

  ASSERT_EQ(attached.events_size(), 1);
  ASSERT_EQ(listened.events_size(), 1);
  EXPECT_EQ(attached.events(0).delivery().payload().cbor(), "\x01");
  EXPECT_EQ(listened.events(0).delivery().endpoint(), "east");
}

TEST(EventBufferTest, WhatIsRenewedIsEmptyAndDoesNotTouchWhatWasWritten) {
  EventBuffer buffer;
  buffer.Add({.sequence = 1, .endpoint = "east", .payload = "\x01"});
  const grpc::ByteBuffer written = *buffer.wire();
  const std::string bytes = BytesOf(written);

  buffer.Renew();
  EXPECT_TRUE(buffer.empty());
  buffer.Add({.sequence = 2, .endpoint = "west", .payload = "\x02"});

  EXPECT_EQ(buffer.size(), 1);
  EXPECT_EQ(BytesOf(written), bytes);
  EXPECT_NE(BytesOf(*buffer.wire()), bytes);
}

}  // namespace
}  // namespace thespian::gateway
