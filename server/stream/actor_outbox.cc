#include "server/stream/actor_outbox.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "endpoint/wire/cbor_item.h"
#include "server/codec/api_values.h"
#include "server/codec/payload.h"
#include "server/stream/response_writer.h"

namespace thespian::gateway {

namespace {

// `items`: CBOR, end to end.
void AddDetails(std::string_view items, v1::PayloadEncoding encoding,
                v1::ActorEvent::Exited& exited) {
  while (!items.empty()) {
    const auto size = MeasureItem(items, ItemRules::kWellFormed);
    if (!size.ok()) return;
    SetPayload(items.substr(0, *size), encoding, *exited.add_details());
    items.remove_prefix(*size);
  }
}

}  // namespace

void ActorOutbox::Add(v1::ActorEvent event) {
  MutexLock lock(mutex_);
  own_.push_back(std::move(event));
  waiting_ = own_.size();
}

void ActorOutbox::Compose(EventBuffer& events) {
  ComposeOwn(events);
  ComposeMail(events);
  if (!events.empty()) ++composed_;
}

void ActorOutbox::ComposeOwn(EventBuffer& events) {
  if (waiting_ == 0) return;
  MutexLock lock(mutex_);
  while (!own_.empty() && events.size() < kMaxBatchEvents) {
    own_.front().set_sequence(++sequence_);
    events.Add(own_.front());
    own_.pop_front();
  }
  waiting_ = own_.size();
}

bool ActorOutbox::FetchMail() {
  if (next_mail_ < mail_.size()) return true;
  next_mail_ = 0;
  return mailbox_.Take(mail_);
}

void ActorOutbox::ForEachUnread(
    absl::FunctionRef<void(const std::string&)> visit) {
  for (; FetchMail(); ++next_mail_) {
    const MailHead& head = mail_.head(next_mail_);
    if (head.kind == MailKind::kDelivery) visit(*head.endpoint);
  }
}

void ActorOutbox::ComposeMail(EventBuffer& events) {
  size_t bytes = 0;
  const auto is_full = [&] {
    return events.size() >= kMaxBatchEvents || bytes >= kMaxBatchBytes;
  };
  while (!is_full() && FetchMail()) {
    if (bytes == 0) {
      events.Reserve(std::min(mail_.bytes_from(next_mail_), kMaxBatchBytes));
    }
    bytes += mail_.text(next_mail_).size();
    AddMail(next_mail_, events);
    ++next_mail_;
  }
  full_ = is_full();
  mailbox_.Hold(mail_.size() - next_mail_, mail_.bytes_from(next_mail_));
}

void ActorOutbox::AddMail(size_t i, EventBuffer& events) {
  const MailHead& head = mail_.head(i);
  const std::string_view text = mail_.text(i);
  if (head.kind == MailKind::kDelivery) {
    const auto json = JsonOf(text, encoding_);
    return events.Add(EventBuffer::Delivery{
        .sequence = ++sequence_,
        .endpoint = *head.endpoint,
        .incarnation = head.incarnation.value,
        .from_id = head.remote.value,
        .encoding = json.has_value() ? v1::Payload::kJson : v1::Payload::kCbor,
        .payload = json.has_value() ? *json : text});
  }
  v1::ActorEvent event;
  event.set_sequence(++sequence_);
  if (head.kind == MailKind::kExited) {
    auto& exited = *event.mutable_exited();
    exited.set_endpoint(*head.endpoint);
    exited.set_incarnation(head.incarnation.value);
    exited.set_remote_id(head.remote.value);
    const std::string_view reason = ReasonIn(head, text);
    exited.set_reason(reason.data(), reason.size());
    AddDetails(text.substr(reason.size()), encoding_, exited);
  } else {
    auto& changed = *event.mutable_endpoint_changed();
    changed.set_endpoint(*head.endpoint);
    changed.set_state(ToApi(head.state));
    changed.set_incarnation(head.incarnation.value);
    changed.set_reason(text.data(), text.size());
  }
  events.Add(event);
}

}  // namespace thespian::gateway
