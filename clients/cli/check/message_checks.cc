#include "clients/cli/check/message_checks.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "clients/cli/check/child_checks.h"
#include "endpoint/json/cbor_append.h"
#include "endpoint/wire/cbor_head.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

constexpr char kJoinedHint[] =
    "a read may bring many frames: handle all that are there, in a loop, "
    "before the next read";
constexpr char kSplitHint[] =
    "a read may bring a part of a frame: keep it until head and content are "
    "whole";
constexpr char kLargeHint[] =
    "read on until the whole content is there, and write until all of the "
    "frame is written";

constexpr uint64_t kJoinedMessages = 20;
constexpr uint64_t kOrderedMessages = 100;

// What is known to be the largest payload of either thespian, and beyond.
constexpr std::array<size_t, 5> kPayloadSizes = {1'000, 16'348, 32'727, 65'536,
                                                 1'048'576};
constexpr size_t kLeastLimit = 16'348;

std::string AnswerHint(const absl::Status& status) {
  if (absl::IsDataLoss(status)) return "see the lines of framing and stdout";
  if (absl::IsOutOfRange(status)) {
    return "it must live until its stdin ends; its stderr may say why it "
           "does not";
  }
  return "answer [\"send_named\", from, name, payload] with [\"send\", id of "
         "the actor, from, payload]; --name says which name to use";
}

// The answers to `count` messages of `from` with numbered payloads.
struct Answers {
  uint64_t count = 0;
  bool in_order = true;
  absl::Status status;  // why there are no more
};

Answers TakeAnswers(CheckedChild& child, uint64_t from, uint64_t count) {
  Answers answers;
  while (answers.count < count) {
    const absl::StatusOr<Received> answer = child.AwaitAnswer(from);
    answers.status = answer.status();
    if (!answer.ok()) break;
    if (answer->payload != NumberedPayload(answers.count)) {
      answers.in_order = false;
    }
    ++answers.count;
  }
  return answers;
}

std::string Numbered(CheckedChild& child, const Facts& facts, uint64_t from,
                     uint64_t count) {
  std::string frames;
  for (uint64_t i = 0; i < count; ++i) {
    AppendFrame(SendMessage{{from}, {facts.actor}, NumberedPayload(i)}, frames,
                child.ids());
  }
  return frames;
}

// One byte string of zeros in an array, `size` bytes in all.
std::string LargePayload(size_t size) {
  std::string payload = CborHead(MajorType::kArray, 1);
  const size_t head = CborHead(MajorType::kBytes, size).size();
  AppendString(MajorType::kBytes, std::string(size - head - 1, '\0'), payload);
  return payload;
}

// The bytes in the array, however they are written; nothing if they are not
// all there.
std::string_view Contained(std::string_view payload) {
  Head array;
  Head bytes;
  if (ReadHead(payload, array) != HeadStatus::kOk ||
      array.kind != HeadKind::kArray || array.argument != 1 ||
      ReadHead(payload.substr(array.size), bytes) != HeadStatus::kOk) {
    return "";
  }
  return bytes.string;
}

}  // namespace

std::string NumberedPayload(uint64_t number) {
  std::string payload = CborHead(MajorType::kArray, 2);
  AppendString(MajorType::kText, "check", payload);
  AppendHead(MajorType::kUnsigned, number, payload);
  return payload;
}

Finding CheckAnswers(CheckedChild& child, Facts& facts) {
  const std::string payload = NumberedPayload(1);
  const absl::StatusOr<Received> answer =
      child.AskName(child.FreshId(), payload);
  if (!answer.ok()) {
    return Fail(fmt::format("a message to the name '{}': {}",
                            child.setup().name, child.Explain(answer.status())),
                AnswerHint(answer.status()));
  }
  if (answer->first == 0) {
    return Fail("the answer comes from id 0, which is nobody",
                "write the id of the actor that answers, from 1 on");
  }
  facts = {.answers = true,
           .echoes = answer->payload == payload,
           .actor = answer->first};
  return Pass(fmt::format("a message to the name '{}' is {} by its actor {}",
                          child.setup().name,
                          facts.echoes ? "echoed" : "answered", facts.actor));
}

Finding CheckById(CheckedChild& child, Facts& facts) {
  const uint64_t from = child.FreshId();
  (void)child.Say(SendMessage{{from}, {facts.actor}, NumberedPayload(2)});
  const absl::StatusOr<Received> answer = child.AwaitAnswer(from);
  if (answer.ok()) {
    return Pass(fmt::format("actor {} is reached by its id", facts.actor));
  }
  return Fail(fmt::format("a message to id {}, which answered before: {}",
                          facts.actor, child.Explain(answer.status())),
              "deliver [\"send\", from, to, payload] to the actor of the id "
              "`to`, and write that same id in its answers");
}

Finding CheckLargeIds(CheckedChild& child, Facts& facts) {
  const uint64_t from = std::numeric_limits<uint64_t>::max();
  child.UseId(from);
  (void)child.Say(SendMessage{{from}, {facts.actor}, NumberedPayload(3)});
  const absl::StatusOr<Received> answer = child.AwaitAnswer(from);
  if (answer.ok()) return Pass("an id of 64 bits is answered");
  return Fail(fmt::format("a message from id {}: {}", from,
                          child.Explain(answer.status())),
              "ids are unsigned numbers of 64 bits");
}

Finding CheckJoined(CheckedChild& child, Facts& facts) {
  const uint64_t from = child.FreshId();
  (void)child.Write(Numbered(child, facts, from, kJoinedMessages));
  const Answers answers = TakeAnswers(child, from, kJoinedMessages);
  facts.joins = answers.count == kJoinedMessages;
  if (facts.joins) {
    return Pass(fmt::format("{} frames in one write are all answered",
                            kJoinedMessages));
  }
  return Fail(fmt::format("of {} frames in one write {} are answered: {}",
                          kJoinedMessages, answers.count,
                          child.Explain(answers.status)),
              kJoinedHint);
}

Finding CheckOrder(CheckedChild& child, Facts& facts) {
  const uint64_t from = child.FreshId();
  for (uint64_t i = 0; i < kOrderedMessages; ++i) {
    (void)child.Say(SendMessage{{from}, {facts.actor}, NumberedPayload(i)});
  }
  const Answers answers = TakeAnswers(child, from, kOrderedMessages);
  if (answers.count < kOrderedMessages) {
    return Fail(
        fmt::format("of {} messages {} are answered: {}", kOrderedMessages,
                    answers.count, child.Explain(answers.status)),
        kJoinedHint);
  }
  if (answers.in_order) {
    return Pass(
        fmt::format("{} messages are echoed in their order", kOrderedMessages));
  }
  return Fail("messages of one sender are answered in another order",
              "handle the messages of one sender one after the other");
}

Finding CheckSplit(CheckedChild& child, Facts& facts) {
  constexpr uint64_t kMessages = 2;
  const uint64_t from = child.FreshId();
  absl::Status status =
      child.WriteByteByByte(Numbered(child, facts, from, kMessages));
  if (!status.ok() && !absl::IsUnavailable(status) &&
      !absl::IsDeadlineExceeded(status)) {
    return CantTell(child.Explain(status));
  }
  const Answers answers = TakeAnswers(child, from, kMessages);
  if (answers.count == kMessages) {
    return Pass(fmt::format("{} frames, one byte a write, are all answered",
                            kMessages));
  }
  return Fail(
      fmt::format("of {} frames, one byte a write, {} are answered: {}",
                  kMessages, answers.count, child.Explain(answers.status)),
      kSplitHint);
}

Finding CheckLimits(CheckedChild& child, Facts& facts) {
  const size_t most = child.row().max_payload_bytes;
  size_t echoed = 0;
  for (const size_t size : kPayloadSizes) {
    if (size > most) break;
    const std::string payload = LargePayload(size);
    const uint64_t from = child.FreshId();
    absl::Status status =
        child.Say(SendMessage{{from}, {facts.actor}, payload});
    const absl::StatusOr<Received> answer = child.AwaitAnswer(from);
    if (!answer.ok()) {
      const std::string why = fmt::format("a payload of {} bytes: {}", size,
                                          child.Explain(answer.status()));
      if (size > kLeastLimit && child.row().max_payload_bytes > size &&
          absl::IsOutOfRange(answer.status()) && !child.row().is_thespian) {
        return Pass(
            fmt::format("payloads of {} bytes are echoed; {} (the "
                        "gateway's --max-frame-bytes can keep larger "
                        "ones away)",
                        echoed, why));
      }
      return Fail(why, kLargeHint);
    }
    if (Contained(answer->payload) != Contained(payload)) {
      return Fail(fmt::format("a payload of {} bytes comes back as {} others",
                              size, answer->payload.size()),
                  kLargeHint);
    }
    echoed = size;
  }
  return Pass(fmt::format("payloads of {} bytes are echoed{}", echoed,
                          echoed == most ? ", the most that it is sent"
                                         : ", the largest that are tried"));
}

}  // namespace thespian::gateway::cli
