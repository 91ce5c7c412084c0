#include "server/actor_outbox.h"

#include <utility>

#include "server/api_values.h"
#include "server/payload.h"
#include "server/pumped_stream.h"

namespace thespian::gateway {

void ActorOutbox::Add(v1::ActorEvent event) {
  MutexLock lock(mutex_);
  own_.push_back(std::move(event));
  waiting_ = own_.size();
}

uint64_t ActorOutbox::composed() const {
  MutexLock lock(mutex_);
  return composed_;
}

void ActorOutbox::Compose(Events& events) {
  ComposeOwn(events);
  ComposeMail(events);
  if (events.empty()) return;
  MutexLock lock(mutex_);
  ++composed_;
}

v1::ActorEvent& ActorOutbox::Append(Events& events) {
  v1::ActorEvent& event = *events.Add();
  event.set_sequence(++sequence_);
  return event;
}

void ActorOutbox::ComposeOwn(Events& events) {
  MutexLock lock(mutex_);
  while (!own_.empty() && events.size() < kMaxBatchEvents) {
    own_.front().set_sequence(++sequence_);
    *events.Add() = std::move(own_.front());
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

void ActorOutbox::ComposeMail(Events& events) {
  size_t bytes = 0;
  while (events.size() < kMaxBatchEvents && bytes < kMaxBatchBytes &&
         FetchMail()) {
    bytes += mail_.text(next_mail_).size();
    SetMail(next_mail_, Append(events));
    ++next_mail_;
  }
  mailbox_.Hold(mail_.size() - next_mail_, mail_.bytes_from(next_mail_));
}

void ActorOutbox::SetMail(size_t i, v1::ActorEvent& event) const {
  const MailHead& head = mail_.head(i);
  const std::string_view text = mail_.text(i);
  switch (head.kind) {
    case MailKind::kDelivery: {
      auto& delivery = *event.mutable_delivery();
      delivery.set_endpoint(*head.endpoint);
      delivery.set_incarnation(head.incarnation.value);
      delivery.set_from_id(head.remote.value);
      SetPayload(text, encoding_, *delivery.mutable_payload());
      return;
    }
    case MailKind::kExited: {
      auto& exited = *event.mutable_exited();
      exited.set_endpoint(*head.endpoint);
      exited.set_incarnation(head.incarnation.value);
      exited.set_remote_id(head.remote.value);
      exited.set_reason(text.data(), text.size());
      return;
    }
    case MailKind::kEndpointChanged: {
      auto& changed = *event.mutable_endpoint_changed();
      changed.set_endpoint(*head.endpoint);
      changed.set_state(ToApi(head.state));
      changed.set_incarnation(head.incarnation.value);
      changed.set_reason(text.data(), text.size());
      return;
    }
  }
}

}  // namespace thespian::gateway
