#include "endpoint/process/line_splitter.h"

#include <algorithm>
#include <utility>

#include "endpoint/wire/text.h"

namespace thespian::gateway {

void LineSplitter::Feed(std::string_view bytes, TimePoint now, Visitor visit) {
  for (;;) {
    const size_t end = bytes.find('\n');
    Append(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    EndLine(now, visit);
    bytes.remove_prefix(end + 1);
  }
}

void LineSplitter::Finish(TimePoint now, Visitor visit) {
  if (!line_.empty()) EndLine(now, visit);
}

void LineSplitter::Append(std::string_view bytes) {
  // One more than is kept: it tells whether a code point goes on.
  const size_t room = kMaxLineBytes + 1 - line_.size();
  line_.append(bytes.substr(0, room));
  line_bytes_ += bytes.size();
  if (!bytes.empty()) ends_with_return_ = bytes.back() == '\r';
}

void LineSplitter::EndLine(TimePoint now, Visitor visit) {
  if (ends_with_return_) --line_bytes_;
  line_.resize(std::min<size_t>(line_.size(), line_bytes_));
  const std::string valid = ToUtf8(CutAtCodePoint(line_, kMaxLineBytes));
  std::string text(CutAtCodePoint(valid, kMaxLineBytes));
  const bool truncated =
      line_.size() > kMaxLineBytes || valid.size() > kMaxLineBytes;
  if (Allowed(now)) {
    visit(text, truncated);
  } else {
    ++suppressed_;
  }
  last_.push_back(std::move(text));
  if (last_.size() > kRemembered) last_.pop_front();
  line_.clear();
  line_bytes_ = 0;
  ends_with_return_ = false;
}

bool LineSplitter::Allowed(TimePoint now) {
  const std::chrono::duration<double> passed = now - last_refill_;
  last_refill_ = now;
  allowance_ = std::min(kBurst, allowance_ + passed.count() * kPerSecond);
  if (allowance_ < 1) return false;
  allowance_ -= 1;
  return true;
}

uint64_t LineSplitter::TakeSuppressed() {
  return std::exchange(suppressed_, 0);
}

std::vector<std::string> LineSplitter::Last() const {
  return {last_.begin(), last_.end()};
}

}  // namespace thespian::gateway
