#include "endpoint/wire/cbor_item.h"

#include <array>
#include <cstdint>
#include <limits>

#include "endpoint/wire/cbor_head.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// An array, a map or a chunked string whose end has not come yet.
// Without initializers, so that the stack of levels costs nothing to set up.
struct Level {
  enum class Kind { kCounted, kUntilBreak, kByteChunks, kTextChunks };
  Kind kind;
  uint64_t left;  // kCounted: items still to come
  bool pairs;     // kUntilBreak: a map
  bool dangling;  // kUntilBreak: a key waits for its value
};

constexpr Level Counted(uint64_t items) {
  return {Level::Kind::kCounted, items, false, false};
}
constexpr Level UntilBreak(bool pairs) {
  return {Level::Kind::kUntilBreak, 0, pairs, false};
}
constexpr Level Chunks(Level::Kind kind) { return {kind, 0, false, false}; }

class Measurer {
 public:
  // NOLINTNEXTLINE(*-member-init): levels_ is written before it is read.
  Measurer(std::string_view bytes, ItemRules rules)
      : bytes_(bytes), rules_(rules) {}

  absl::StatusOr<size_t> Run() {
    do {
      absl::Status status = Step();
      if (!status.ok()) return status;
    } while (depth_ > 0 || tagged_);
    return offset_;
  }

 private:
  absl::Status Step() {
    Head head;
    switch (ReadHead(bytes_.substr(offset_), head)) {
      case HeadStatus::kOk:
        break;
      case HeadStatus::kTruncated:
        return Offence("the item is cut short");
      case HeadStatus::kMalformed:
        return Offence("reserved additional information or simple value");
    }
    absl::Status status = Take(head);
    if (status.ok()) offset_ += head.size;
    return status;
  }

  absl::Status Take(const Head& head) {
    if (rules_ == ItemRules::kThespian) {
      absl::Status status = CheckThespian(head);
      if (!status.ok()) return status;
    }
    if (depth_ > 0 && IsChunked(levels_[depth_ - 1])) return TakeChunk(head);
    switch (head.kind) {
      case HeadKind::kBreak:
        return TakeBreak();
      case HeadKind::kTag:
        tagged_ = true;
        return absl::OkStatus();
      case HeadKind::kArray:
        return Open(Counted(head.argument));
      case HeadKind::kMap:
        return OpenMap(head.argument);
      case HeadKind::kIndefiniteArray:
        return Open(UntilBreak(/*pairs=*/false));
      case HeadKind::kIndefiniteMap:
        return Open(UntilBreak(/*pairs=*/true));
      case HeadKind::kIndefiniteBytes:
        return Push(Chunks(Level::Kind::kByteChunks));
      case HeadKind::kIndefiniteText:
        return Push(Chunks(Level::Kind::kTextChunks));
      case HeadKind::kUnsigned:
      case HeadKind::kNegative:
      case HeadKind::kBytes:
      case HeadKind::kText:
      case HeadKind::kSimple:
      case HeadKind::kFloat:
        CloseItem();
        return absl::OkStatus();
    }
    return absl::InternalError("unknown kind of CBOR head");
  }

  absl::Status CheckThespian(const Head& head) const {
    switch (head.kind) {
      case HeadKind::kTag:
        return Offence("tags are not allowed");
      case HeadKind::kIndefiniteBytes:
      case HeadKind::kIndefiniteText:
      case HeadKind::kIndefiniteArray:
      case HeadKind::kIndefiniteMap:
        return Offence("indefinite lengths are not allowed");
      case HeadKind::kSimple:
        // In two bytes only values from 32 up are well-formed.
        if (head.argument >= 20 && head.argument <= 22) break;
        return Offence(
            "of the simple values only false, true and null are "
            "allowed");
      case HeadKind::kNegative:
        if (head.argument <= std::numeric_limits<int64_t>::max()) break;
        return Offence("integers below -2^63 are not allowed");
      case HeadKind::kUnsigned:
      case HeadKind::kBytes:
      case HeadKind::kText:
      case HeadKind::kArray:
      case HeadKind::kMap:
      case HeadKind::kFloat:
      case HeadKind::kBreak:
        break;
    }
    return absl::OkStatus();
  }

  static bool IsChunked(const Level& level) {
    return level.kind == Level::Kind::kByteChunks ||
           level.kind == Level::Kind::kTextChunks;
  }

  absl::Status TakeChunk(const Head& head) {
    const HeadKind wanted = levels_[depth_ - 1].kind == Level::Kind::kByteChunks
                                ? HeadKind::kBytes
                                : HeadKind::kText;
    if (head.kind == wanted) return absl::OkStatus();
    if (head.kind != HeadKind::kBreak) {
      return Offence("a chunk of the wrong type in a string");
    }
    --depth_;
    CloseItem();
    return absl::OkStatus();
  }

  absl::Status TakeBreak() {
    if (depth_ == 0 || tagged_ ||
        levels_[depth_ - 1].kind != Level::Kind::kUntilBreak) {
      return Offence("a break outside of an indefinite item");
    }
    if (levels_[depth_ - 1].dangling) {
      return Offence("a map key without its value");
    }
    --depth_;
    --nesting_;
    CloseItem();
    return absl::OkStatus();
  }

  absl::Status OpenMap(uint64_t pairs) {
    if (pairs > std::numeric_limits<uint64_t>::max() / 2) {
      return Offence("the item is cut short");
    }
    return Open(Counted(pairs * 2));
  }

  absl::Status Open(const Level& level) {
    if (nesting_ == kMaxNesting) {
      return Offence(fmt::format("nested deeper than {}", kMaxNesting));
    }
    if (level.kind == Level::Kind::kCounted && level.left == 0) {
      CloseItem();
      return absl::OkStatus();
    }
    ++nesting_;
    return Push(level);
  }

  absl::Status Push(const Level& level) {
    tagged_ = false;
    levels_[depth_++] = level;
    return absl::OkStatus();
  }

  // One item is complete; so may be the containers that it was the last of.
  void CloseItem() {
    tagged_ = false;
    while (depth_ > 0) {
      Level& level = levels_[depth_ - 1];
      if (level.kind != Level::Kind::kCounted) {
        level.dangling = level.pairs && !level.dangling;
        return;
      }
      if (--level.left > 0) return;
      --depth_;
      --nesting_;
    }
  }

  absl::Status Offence(std::string_view what) const {
    return absl::InvalidArgumentError(
        fmt::format("{} (at byte {})", what, offset_));
  }

  const std::string_view bytes_;
  const ItemRules rules_;
  size_t offset_ = 0;
  size_t depth_ = 0;     // levels in use
  size_t nesting_ = 0;   // of these, arrays and maps
  bool tagged_ = false;  // a tag waits for its content
  // A chunked string has no arrays or maps inside: one level more suffices.
  std::array<Level, kMaxNesting + 1> levels_;
};

}  // namespace

absl::StatusOr<size_t> MeasureItem(std::string_view bytes, ItemRules rules) {
  return Measurer(bytes, rules).Run();
}

}  // namespace thespian::gateway
