#include "server/codec/command_reader.h"

#include <google/protobuf/util/message_differencer.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/hex.h"
#include "tests/support/rpc_values.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::IsEmpty;
using Step = CommandReader::Step;

struct NameOf {
  template <typename Row>
  std::string operator()(const ::testing::TestParamInfo<Row>& row) const {
    return row.param.name;
  }
};

const PlainSend* AsPlain(const CommandReader& reader) {
  return std::get_if<PlainSend>(&reader.command());
}

// --- Plain sends -----------------------------------------------------------

class PlainSendTest : public ::testing::Test {
 protected:
  // Reads the only command of a request.
  void Read(const v1::ActorCommand& command) {
    v1::AttachRequest request;
    *request.add_commands() = command;
    bytes_ = request.SerializeAsString();
    reader_.Start(bytes_);
    ASSERT_EQ(reader_.Advance(), Step::kCommand);
    ASSERT_NE(AsPlain(reader_), nullptr);
    send_ = *AsPlain(reader_);
    EXPECT_EQ(reader_.LikelyLeft(), 1u);
    EXPECT_EQ(reader_.Advance(), Step::kEnd);
  }

  std::string bytes_;
  CommandReader reader_;
  PlainSend send_;
};

TEST_F(PlainSendTest, ByName) {
  v1::ActorCommand command;
  command.set_command_id(300);
  command.mutable_send_named()->set_endpoint("east");
  command.mutable_send_named()->set_to_name("echo");
  command.mutable_send_named()->mutable_payload()->set_cbor("\x81\x01");
  Read(command);
  EXPECT_EQ(send_.command_id, 300u);
  EXPECT_EQ(send_.endpoint, "east");
  EXPECT_EQ(std::get<std::string_view>(send_.to), "echo");
  EXPECT_EQ(send_.cbor, "\x81\x01");
  EXPECT_GE(send_.cbor.data(), bytes_.data()) << "it is not copied";
  EXPECT_LT(send_.cbor.data(), bytes_.data() + bytes_.size());
}

TEST_F(PlainSendTest, ById) {
  v1::ActorCommand command;
  command.mutable_send()->set_to_id(INT64_MAX);
  command.mutable_send()->set_incarnation(7);
  command.mutable_send()->mutable_payload()->set_cbor("\x01");
  Read(command);
  EXPECT_EQ(send_.command_id, 0u);
  EXPECT_EQ(send_.endpoint, "");
  EXPECT_EQ(std::get<RemoteId>(send_.to), RemoteId{INT64_MAX});
  EXPECT_EQ(send_.incarnation, Incarnation{7});
  EXPECT_EQ(send_.cbor, "\x01");
}

TEST_F(PlainSendTest, WhatIsNotThereIsEmpty) {
  v1::ActorCommand command;
  command.mutable_send_named()->mutable_payload()->set_cbor("");
  Read(command);
  EXPECT_EQ(std::get<std::string_view>(send_.to), "");
  EXPECT_EQ(send_.cbor, "");
}

// --- The rest is Protobuf's ------------------------------------------------

struct Other {
  const char* name;
  std::function<void(v1::ActorCommand&)> make;
};

class OtherCommandTest : public ::testing::TestWithParam<Other> {};

TEST_P(OtherCommandTest, IsReadByProtobuf) {
  v1::ActorCommand command;
  command.set_command_id(5);
  GetParam().make(command);
  v1::AttachRequest request;
  *request.add_commands() = SendToName("echo", Text("before"));
  *request.add_commands() = command;
  *request.add_commands() = SendToName("echo", Text("after"));
  const std::string bytes = request.SerializeAsString();
  CommandReader reader;
  reader.Start(bytes);

  EXPECT_EQ(reader.Advance(), Step::kCommand);
  EXPECT_NE(AsPlain(reader), nullptr);
  ASSERT_EQ(reader.Advance(), Step::kCommand);
  const auto* read = std::get_if<const v1::ActorCommand*>(&reader.command());
  ASSERT_NE(read, nullptr);
  EXPECT_TRUE(MessageDifferencer::Equals(**read, command));
  EXPECT_EQ(reader.Advance(), Step::kCommand);
  EXPECT_NE(AsPlain(reader), nullptr);
  EXPECT_EQ(reader.Advance(), Step::kEnd);
  EXPECT_EQ(reader.Advance(), Step::kEnd);
}

INSTANTIATE_TEST_SUITE_P(
    Commands, OtherCommandTest,
    ::testing::Values(
        Other{"Open", [](auto& c) { c.mutable_open()->set_name("me"); }},
        Other{"Link", [](auto& c) { c.mutable_link()->set_remote_id(7); }},
        Other{"Nothing", [](auto&) {}},
        Other{"Json",
              [](auto& c) {
                c.mutable_send()->mutable_payload()->set_json("{}");
              }},
        Other{"NoPayload", [](auto& c) { c.mutable_send()->set_to_id(7); }},
        Other{"NoEncoding",
              [](auto& c) { c.mutable_send_named()->mutable_payload(); }},
        Other{"NameBeyondAscii",
              [](auto& c) {
                c.mutable_send_named()->set_to_name("\xc3\xa9");
                c.mutable_send_named()->mutable_payload()->set_cbor("\x01");
              }},
        Other{"AnIdOfTenBytes",
              [](auto& c) {
                c.mutable_send()->set_to_id(UINT64_MAX);
                c.mutable_send()->mutable_payload()->set_cbor("\x01");
              }}),
    NameOf());

// In other forms than those in which Protobuf writes: as hex, the commands
// before and after the one are left away.
struct Form {
  const char* name;
  const char* hex;
};

class FormTest : public ::testing::TestWithParam<Form> {};

TEST_P(FormTest, MeansWhatItMeansToProtobuf) {
  const std::string bytes = FromHex(GetParam().hex);
  v1::AttachRequest request;
  ASSERT_TRUE(request.ParseFromString(bytes));
  CommandReader reader;
  reader.Start(bytes);
  for (const v1::ActorCommand& wanted : request.commands()) {
    ASSERT_EQ(reader.Advance(), Step::kCommand);
    const auto* read = std::get_if<const v1::ActorCommand*>(&reader.command());
    ASSERT_NE(read, nullptr);
    EXPECT_TRUE(MessageDifferencer::Equals(**read, wanted));
  }
  EXPECT_EQ(reader.Advance(), Step::kEnd);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, FormTest,
    ::testing::Values(
        // send_named { payload { cbor: 01 } payload { cbor: 02 } }
        Form{"TwoPayloads", "0a0c 220a 1a030a0101 1a030a0102"},
        // send { payload { cbor } } and then link
        Form{"TwoCommandsInOne", "0a0b 1a05 22030a0101 2a021007"},
        // send_named twice, to be merged
        Form{"TheSameTwice", "0a0c 2205 1a030a0101 2203120178"},
        // payload { cbor: 01 json: "1" }
        Form{"TwoEncodings", "0a0a 2208 1a060a01011201 31"},
        // field 15 of the command
        Form{"AnUnknownField", "0a09 2205 1a030a0101 7801"},
        // field 2 of the request, then a command
        Form{"AnUnknownFieldBetween", "1001 0a02 0805"},
        Form{"AGroupBetween", "13 0801 14 0a02 0805"},
        Form{"NothingAtAll", ""}),
    NameOf());

// --- What can't be read ----------------------------------------------------

class UnreadableTest : public ::testing::TestWithParam<Form> {};

TEST_P(UnreadableTest, StaysUnreadableAfterWhatComesBefore) {
  v1::AttachRequest before;
  *before.add_commands() = SendToName("echo", Text("before"));
  const std::string bad = FromHex(GetParam().hex);
  const std::string bytes = before.SerializeAsString() + bad;
  ASSERT_FALSE(v1::AttachRequest().ParseFromString(bytes));
  CommandReader reader;
  reader.Start(bytes);
  EXPECT_EQ(reader.Advance(), Step::kCommand);
  EXPECT_EQ(reader.Advance(), Step::kUnreadable);
  EXPECT_EQ(reader.Advance(), Step::kUnreadable);
  reader.Start({});
  EXPECT_EQ(reader.Advance(), Step::kEnd);
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, UnreadableTest,
    ::testing::Values(
        Form{"CutInTheLength", "0aff"}, Form{"LongerThanTheRest", "0a7f 0805"},
        Form{"CutInACommand", "0a01 08"}, Form{"NoTag", "00"},
        Form{"ALengthOfElevenBytes", "0a ffffffffffffffffffff 01"},
        Form{"ANameThatIsNoUtf8", "0a0a 2208 1201ff 1a030a0101"},
        Form{"APayloadLongerThanItsMessage", "0a07 2205 1a030a0901"}),
    NameOf());

TEST(CommandReaderTest, GuessesHowManyAreLeft) {
  v1::AttachRequest request;
  for (int i = 0; i < 100; ++i) {
    *request.add_commands() = SendToName("echo", Text("alike"));
  }
  const std::string bytes = request.SerializeAsString();
  CommandReader reader;
  reader.Start(bytes);
  for (size_t left = 100; left > 0; --left) {
    ASSERT_EQ(reader.Advance(), Step::kCommand);
    EXPECT_EQ(reader.LikelyLeft(), left);
  }
}

}  // namespace
}  // namespace thespian::gateway
