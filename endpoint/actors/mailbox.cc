#include "endpoint/actors/mailbox.h"

#include <utility>

namespace thespian::gateway {
namespace {

// A burst's memory beyond this is given back once it is over.
constexpr size_t kKeptBytes = 64u << 10;
constexpr size_t kKeptItems = 1'024;

}  // namespace

void Mail::Add(const MailHead& head, std::string_view text) {
  texts_.append(text);
  items_.push_back({.head = head, .text_end = texts_.size()});
}

void Mail::Clear() {
  items_.clear();
  texts_.clear();
  // An assignment would keep the memory.
  if (items_.capacity() > kKeptItems) std::vector<Item>().swap(items_);
  if (texts_.capacity() > kKeptBytes) std::string().swap(texts_);
}

std::string_view Mail::text(size_t i) const {
  const size_t begin = TextBegin(i);
  return std::string_view(texts_).substr(begin, items_[i].text_end - begin);
}

size_t Mail::bytes_from(size_t i) const {
  return texts_.size() - TextBegin(i) + (items_.size() - i) * sizeof(Item);
}

Mailbox::Put Mailbox::Add(const MailHead& head, std::string_view text) {
  MutexLock lock(mutex_);
  if (closed_) return Put::kClosed;
  const size_t items = mail_.size() + held_items_;
  const size_t bytes =
      mail_.bytes() + held_bytes_ + text.size() + sizeof(Mail::Item);
  if (items >= limits_.items || (bytes > limits_.bytes && items > 0)) {
    closed_ = overflowed_ = true;
    return Put::kFull;
  }
  mail_.Add(head, text);
  has_mail_ = true;
  if (limits_.one_delivery && head.kind == MailKind::kDelivery) {
    closed_ = answered_ = true;
  }
  return mail_.size() == 1 ? Put::kFirst : Put::kMore;
}

bool Mailbox::Take(Mail& mail) {
  mail.Clear();
  if (!has_mail_) return false;
  MutexLock lock(mutex_);
  std::swap(mail, mail_);
  has_mail_ = false;
  return !mail.empty();
}

void Mailbox::Hold(size_t items, size_t bytes) {
  held_items_ = items;
  held_bytes_ = bytes;
}

void Mailbox::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
}

size_t Mailbox::depth() const {
  MutexLock lock(mutex_);
  return mail_.size() + held_items_;
}

}  // namespace thespian::gateway
