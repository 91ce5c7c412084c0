#include "tests/support/cbor_oracle.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

namespace thespian::gateway {
namespace {

// What one item turned out to be.
enum class Met { kBad, kBreak, kBytes, kText, kOther };

class Judge {
 public:
  explicit Judge(std::string_view bytes) : rest_(bytes) {}

  Met Item(bool breakable) {
    const std::optional<uint64_t> first = Take(1);
    if (!first) return Met::kBad;
    const uint64_t major = *first >> 5;
    const uint64_t info = *first & 0x1f;
    if (info == 31) return Indefinite(major, breakable);
    if (info > 27) return Met::kBad;
    const std::optional<uint64_t> value =
        info < 24 ? info : Take(size_t{1} << (info - 24));
    if (!value) return Met::kBad;
    NotePlainness(major, info, *value);
    return Definite(major, info, *value);
  }

  Judgement judgement;
  size_t rest() const { return rest_.size(); }

 private:
  std::optional<uint64_t> Take(size_t count) {
    if (rest_.size() < count) return std::nullopt;
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      value = value << 8 | static_cast<uint8_t>(rest_[i]);
    }
    rest_.remove_prefix(count);
    return value;
  }

  void NotePlainness(uint64_t major, uint64_t info, uint64_t value) {
    const bool named_simple = info >= 20 && info <= 22;
    const bool number = info >= 25 && info <= 27;
    if (major == 6 || (major == 7 && !named_simple && !number) ||
        (major == 1 && value > std::numeric_limits<int64_t>::max())) {
      judgement.plain = false;
    }
  }

  Met Definite(uint64_t major, uint64_t info, uint64_t value) {
    switch (major) {
      case 2:
      case 3:
        if (value > rest_.size()) return Met::kBad;
        rest_.remove_prefix(value);
        return major == 2 ? Met::kBytes : Met::kText;
      case 4:
        return Items(value, 1);
      case 5:
        return Items(value, 2);
      case 6:
        return Item(false) == Met::kBad ? Met::kBad : Met::kOther;
      case 7:
        return info == 24 && value < 32 ? Met::kBad : Met::kOther;
      default:
        return Met::kOther;
    }
  }

  Met Items(uint64_t count, int each) {
    Enter();
    for (uint64_t i = 0; i < count; ++i) {
      for (int part = 0; part < each; ++part) {
        if (Item(false) == Met::kBad) return Met::kBad;
      }
    }
    --open_;
    return Met::kOther;
  }

  Met Indefinite(uint64_t major, bool breakable) {
    judgement.plain = false;
    switch (major) {
      case 2:
        return Chunks(Met::kBytes);
      case 3:
        return Chunks(Met::kText);
      case 4:
      case 5:
        return UntilBreak(major == 5);
      case 7:
        return breakable ? Met::kBreak : Met::kBad;
      default:
        return Met::kBad;
    }
  }

  Met Chunks(Met wanted) {
    Met met = Item(true);
    while (met == wanted) met = Item(true);
    return met == Met::kBreak ? Met::kOther : Met::kBad;
  }

  Met UntilBreak(bool pairs) {
    Enter();
    for (;;) {
      const Met met = Item(true);
      if (met == Met::kBad) return Met::kBad;
      if (met == Met::kBreak) break;
      if (pairs && Item(false) == Met::kBad) return Met::kBad;
    }
    --open_;
    return Met::kOther;
  }

  void Enter() { judgement.depth = std::max(judgement.depth, ++open_); }

  std::string_view rest_;
  size_t open_ = 0;
};

}  // namespace

Judgement JudgeItem(std::string_view bytes) {
  Judge judge(bytes);
  judge.judgement.well_formed = judge.Item(false) != Met::kBad;
  judge.judgement.size = bytes.size() - judge.rest();
  return judge.judgement;
}

}  // namespace thespian::gateway
