// Mailbox against a queue.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "endpoint/actors/mailbox.h"
#include "endpoint/check.h"
#include "tests/fuzz/actor_models.h"

namespace thespian::gateway {
namespace {

constexpr size_t kItemCost = sizeof(Mail::Item);
constexpr MailKind kKinds[] = {MailKind::kDelivery, MailKind::kExited,
                               MailKind::kEndpointChanged};

class MailboxScript {
 public:
  explicit MailboxScript(ByteScript& script)
      : script_(script),
        limits_{.bytes = script.UpTo(8) * kItemCost,
                .items = script.UpTo(5),
                .one_delivery = script.UpTo(3) == 0},
        box_(limits_) {}

  void Run() {
    while (!script_.empty()) {
      Step();
      Check(box_.depth() == waiting_.size() + held_items_, "depth is counted");
      Check(box_.overflowed() == overflowed_, "an overflow is remembered");
    }
    Take();
  }

 private:
  struct Letter {
    MailKind kind{};
    RemoteId remote;
    std::string text;
  };

  void Step() {
    switch (script_.UpTo(7)) {
      case 0:
        return Take();
      case 1:
        return Hold();
      case 2:
        // Rare, for nothing comes after it.
        return script_.UpTo(7) == 7 ? Close() : Add();
      default:
        return Add();
    }
  }

  void Add();
  Mailbox::Put ExpectedOf(std::string_view text) const;
  void Take();
  void Hold();
  void Close();

  ByteScript& script_;
  const MailboxLimits limits_;
  Mailbox box_;
  Mail mail_;
  std::deque<Letter> waiting_;
  size_t waiting_bytes_ = 0;
  size_t held_items_ = 0;
  size_t held_bytes_ = 0;
  bool closed_ = false;
  bool overflowed_ = false;
};

Mailbox::Put MailboxScript::ExpectedOf(std::string_view text) const {
  if (closed_) return Mailbox::Put::kClosed;
  const size_t items = waiting_.size() + held_items_;
  const size_t bytes = waiting_bytes_ + held_bytes_ + text.size() + kItemCost;
  if (items >= limits_.items) return Mailbox::Put::kFull;
  // One that is alone may have any size.
  if (bytes > limits_.bytes && items > 0) return Mailbox::Put::kFull;
  return waiting_.empty() ? Mailbox::Put::kFirst : Mailbox::Put::kMore;
}

void MailboxScript::Add() {
  const MailKind kind = script_.OneOf(kKinds);
  const RemoteId remote{script_.UpTo(3)};
  const std::string_view text = script_.Bytes(script_.UpTo(2 * kItemCost));
  const Mailbox::Put expected = ExpectedOf(text);
  Check(box_.Add({.kind = kind, .remote = remote}, text) == expected,
        "what has room is put");
  if (expected == Mailbox::Put::kFull) closed_ = overflowed_ = true;
  if (expected == Mailbox::Put::kFull || expected == Mailbox::Put::kClosed) {
    return;
  }
  waiting_.push_back({kind, remote, std::string(text)});
  waiting_bytes_ += text.size() + kItemCost;
  if (limits_.one_delivery && kind == MailKind::kDelivery) closed_ = true;
}

void MailboxScript::Take() {
  Check(box_.Take(mail_) == !waiting_.empty(), "what waits is taken");
  Check(mail_.size() == waiting_.size() && mail_.bytes() == waiting_bytes_,
        "all of it is taken");
  size_t left = waiting_bytes_;
  for (size_t i = 0; i < mail_.size(); ++i) {
    const Letter& letter = waiting_[i];
    Check(mail_.head(i).kind == letter.kind &&
              mail_.head(i).remote == letter.remote &&
              mail_.text(i) == letter.text,
          "letters come as they were put, in order");
    Check(mail_.bytes_from(i) == left, "what is left has its cost");
    left -= letter.text.size() + kItemCost;
  }
  waiting_.clear();
  waiting_bytes_ = 0;
}

// As an owner that has written a part of what it took.
void MailboxScript::Hold() {
  const size_t from = script_.UpTo(5);
  const bool some = from < mail_.size();
  held_items_ = some ? mail_.size() - from : 0;
  held_bytes_ = some ? mail_.bytes_from(from) : 0;
  box_.Hold(held_items_, held_bytes_);
}

void MailboxScript::Close() {
  box_.Close();
  closed_ = true;
}

}  // namespace

void TryMailbox(ByteScript& script) { MailboxScript(script).Run(); }

}  // namespace thespian::gateway
