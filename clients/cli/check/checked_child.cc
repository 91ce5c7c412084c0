#include "clients/cli/check/checked_child.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "endpoint/json/cbor_append.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

using Kind = Received::Kind;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kMoment{300};
// A check asks for a hundred messages at most.
constexpr size_t kMostPassedOver = 10'000;

struct ToReceived {
  Received operator()(const SendMessage& message) const {
    return {.kind = Kind::kSend,
            .first = message.from.value,
            .second = message.to.value,
            .payload = std::string(message.payload)};
  }
  Received operator()(const SendNamedMessage& message) const {
    return {.kind = Kind::kSendNamed,
            .first = message.from.value,
            .text = std::string(message.name),
            .payload = std::string(message.payload)};
  }
  Received operator()(const LinkMessage& message) const {
    return {.kind = Kind::kLink,
            .first = message.local.value,
            .second = message.remote.value};
  }
  Received operator()(const ExitMessage& message) const {
    return {.kind = Kind::kExit,
            .first = message.local.value,
            .text = std::string(message.reason)};
  }
  Received operator()(const TransportErrorMessage& message) const {
    return {.kind = Kind::kTransportError, .text = std::string(message.reason)};
  }
  Received operator()(const Unrecognized& message) const {
    return {.kind = Kind::kOther, .text = std::string(message.why)};
  }
};

}  // namespace

CheckedChild::CheckedChild(CheckedChildSetup setup, IdForm ids)
    : setup_(std::move(setup)),
      ids_(ids),
      row_(&RowOf(ids == IdForm::kPlain ? Dialect::kPlain
                                        : Dialect::kThespian)) {}

Deadline CheckedChild::Patience() const {
  return steady_clock::now() + setup_.patience;
}

absl::Status CheckedChild::EnsureRunning() {
  if (conversation_ != nullptr) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<ChildConversation>> started =
      ChildConversation::Start(setup_.trampoline, setup_.command, Patience());
  if (!started.ok()) return started.status();
  conversation_ = *std::move(started);
  spoken_.clear();
  return absl::OkStatus();
}

void CheckedChild::BeginCheck() {
  passed_over_.clear();
  disturbed_ = false;
}

uint64_t CheckedChild::FreshId() {
  UseId(next_id_);
  return next_id_++;
}

absl::Status CheckedChild::Write(std::string_view bytes) {
  return conversation_->Write(bytes, Patience());
}

absl::Status CheckedChild::WriteByteByByte(std::string_view bytes) {
  absl::Status status = conversation_->KeepWritesApart(true);
  for (size_t i = 0; status.ok() && i < bytes.size(); ++i) {
    status = Write(bytes.substr(i, 1));
  }
  if (status.ok()) status = conversation_->KeepWritesApart(false);
  return status;
}

void CheckedChild::NoteHead(std::string_view head) {
  static constexpr size_t kTextBit = 0x20;
  const auto first = static_cast<uint8_t>(head[0]);
  if (first == 0x5a) {
    manner_.fixed_heads = true;
  } else if ((first & kTextBit) != 0 && head.size() < kFrameHeadBytes) {
    manner_.short_texts = true;
  } else {
    manner_.other_heads = true;
  }
}

void CheckedChild::Note(const IdForms& forms) {
  manner_.ids.plain |= forms.plain;
  manner_.ids.tagged |= forms.tagged;
  manner_.ids.misplaced |= forms.misplaced;
}

absl::StatusOr<Received> CheckedChild::Next(Deadline deadline) {
  absl::StatusOr<Frame> frame = conversation_->Next(deadline);
  absl::Status status = frame.status();
  std::string_view offending = conversation_->offending_bytes();
  if (frame.ok()) {
    ++manner_.frames;
    NoteHead(frame->head);
    IdForms forms;
    const absl::StatusOr<Message> message =
        DecodeMessage(frame->content, &forms);
    Note(forms);
    if (message.ok()) return std::visit(ToReceived(), *message);
    status = message.status();
    frame->head += frame->content;
    offending = frame->head;
  }
  disturbed_ |= absl::IsDataLoss(status);
  if (absl::IsDataLoss(status) && manner_.violation.ok()) {
    manner_.violation = status;
    manner_.offending_bytes = std::string(offending);
  }
  return status;
}

absl::Status CheckedChild::Judge(const Received& received) const {
  if (received.kind != Kind::kSend || spoken_.contains(received.second)) {
    return absl::OkStatus();
  }
  const bool swapped = spoken_.contains(received.first);
  return absl::FailedPreconditionError(fmt::format(
      "it wrote a message from id {} to id {}, which has not spoken to it{}",
      received.first, received.second,
      swapped ? fmt::format(
                    " ({} has: the two ids are in the wrong order, the first "
                    "must be the writer's actor)",
                    received.first)
              : ""));
}

absl::Status CheckedChild::PassOver(Received received) {
  ++manner_.passed_over;
  passed_over_.push_back(std::move(received));
  if (passed_over_.size() < kMostPassedOver) return absl::OkStatus();
  disturbed_ = true;
  return absl::ResourceExhaustedError(fmt::format(
      "it wrote {} messages that nobody waited for", passed_over_.size()));
}

absl::StatusOr<Received> CheckedChild::AwaitUntil(Deadline deadline,
                                                  Predicate wanted) {
  for (;;) {
    absl::StatusOr<Received> received = Next(deadline);
    if (!received.ok() || wanted(*received)) return received;
    absl::Status status = Judge(*received);
    if (status.ok()) status = PassOver(*std::move(received));
    if (!status.ok()) return status;
  }
}

absl::StatusOr<Received> CheckedChild::Await(Predicate wanted) {
  return AwaitUntil(Patience(), wanted);
}

absl::StatusOr<Received> CheckedChild::AwaitBriefly(Predicate wanted) {
  const auto found =
      std::find_if(passed_over_.begin(), passed_over_.end(), wanted);
  if (found != passed_over_.end()) return *found;
  return AwaitUntil(steady_clock::now() + kMoment, wanted);
}

absl::StatusOr<Received> CheckedChild::AwaitAnswer(uint64_t id) {
  return Await([id](const Received& received) {
    return received.kind == Kind::kSend && received.second == id;
  });
}

absl::StatusOr<Received> CheckedChild::AskName(uint64_t from,
                                               std::string_view payload) {
  absl::Status status = Say(SendNamedMessage{{from}, setup_.name, payload});
  if (!status.ok() && !absl::IsUnavailable(status)) return status;
  // If its stdin is closed: its stdout may say more.
  return AwaitAnswer(from);
}

absl::StatusOr<ChildEnd> CheckedChild::AwaitEnd() {
  return conversation_->AwaitEnd(Patience());
}

std::string CheckedChild::Explain(const absl::Status& status) {
  if (absl::IsDeadlineExceeded(status)) {
    return fmt::format(
        "no answer within {:g} s{}",
        std::chrono::duration<double>(setup_.patience).count(),
        passed_over_.empty()
            ? ""
            : fmt::format(", but {} other message{}", passed_over_.size(),
                          passed_over_.size() == 1 ? "" : "s"));
  }
  if (absl::IsDataLoss(status)) return "its stdout is no stream of frames";
  if (!absl::IsOutOfRange(status) && !absl::IsUnavailable(status)) {
    return std::string(MessageOf(status));
  }
  const absl::StatusOr<ChildEnd> end =
      conversation_->AwaitEnd(steady_clock::now() + kMoment);
  std::string text = end.ok() ? fmt::format("it ended with {}", end->text())
                              : std::string(MessageOf(status));
  const std::string_view line = conversation_->last_error_line();
  if (!line.empty()) text += fmt::format("; last on stderr: {}", line);
  return text;
}

}  // namespace thespian::gateway::cli
