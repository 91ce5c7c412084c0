#include "tests/support/thespian_model/cbor_reader.h"

namespace thespian::gateway::model {
namespace {

enum Major {
  kUnsigned,
  kNegative,
  kBytes,
  kText,
  kArray,
  kMap,
  kTag,
  kSpecial
};

constexpr uint8_t kNull = 0xf6;
constexpr int kFalseMinor = 20;
constexpr int kNullMinor = 22;
constexpr int kFirstLongMinor = 24;
constexpr int kHalfFloatMinor = 25;
constexpr int kLastLongMinor = 27;

// Of the number behind a first byte with this minor, in bytes.
uint64_t WidthOf(int minor) { return uint64_t{1} << (minor - kFirstLongMinor); }

}  // namespace

std::string_view NameOf(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return "";
    case Fault::kTooShort:
      return "error.TooShort";
    case Fault::kInvalidType:
      return "error.InvalidType";
    case Fault::kInvalidPIntType:
      return "error.InvalidPIntType";
    case Fault::kIntegerTooSmall:
      return "error.IntegerTooSmall";
  }
  return "";
}

bool Reader::Fail(Fault fault) {
  if (fault_ == Fault::kNone) fault_ = fault;
  return false;
}

bool Reader::ReadType(Type& type) {
  if (fault_ != Fault::kNone) return false;
  if (rest_.empty()) return Fail(Fault::kTooShort);
  type.byte = static_cast<uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return true;
}

bool Reader::ReadCount(Type type, uint64_t& count) {
  const int minor = type.minor();
  count = static_cast<uint64_t>(minor);
  if (minor < kFirstLongMinor) return true;
  if (minor > kLastLongMinor) return Fail(Fault::kInvalidPIntType);
  const uint64_t width = WidthOf(minor);
  if (rest_.size() < width) return Fail(Fault::kTooShort);
  count = 0;
  for (const char byte : rest_.substr(0, width)) {
    count = count << 8 | static_cast<uint8_t>(byte);
  }
  rest_.remove_prefix(width);
  return true;
}

bool Reader::Skip(uint64_t bytes) {
  if (rest_.size() < bytes) return Fail(Fault::kTooShort);
  rest_.remove_prefix(bytes);
  return true;
}

bool Reader::ReadArray(uint64_t& count) {
  Type type;
  if (!ReadType(type)) return false;
  count = 0;
  if (type.byte == kNull) return true;
  return type.major() == kArray && ReadCount(type, count);
}

bool Reader::ReadString(std::string_view& string) {
  Type type;
  uint64_t size = 0;
  if (!ReadType(type)) return false;
  if (type.major() != kBytes && type.major() != kText) return false;
  if (!ReadCount(type, size)) return false;
  string = rest_.substr(0, size);
  return Skip(size);
}

bool Reader::ReadNumber(uint64_t& number) {
  Type type;
  if (!ReadType(type)) return false;
  if (type.major() == kNegative) return Fail(Fault::kIntegerTooSmall);
  return type.major() == kUnsigned && ReadCount(type, number);
}

bool Reader::ReadItem(std::string_view& item) {
  const std::string_view start = rest_;
  for (uint64_t pending = 1; pending > 0; --pending) {
    if (!SkipOne(pending)) return false;
  }
  item = start.substr(0, start.size() - rest_.size());
  return true;
}

bool Reader::SkipOne(uint64_t& pending) {
  Type type;
  if (!ReadType(type)) return false;
  if (type.major() == kTag) return Fail(Fault::kInvalidType);
  if (type.major() == kSpecial) return SkipSpecial(type);
  uint64_t count = 0;
  return ReadCount(type, count) && SkipContent(type, count, pending);
}

bool Reader::SkipContent(Type type, uint64_t count, uint64_t& pending) {
  switch (type.major()) {
    case kNegative:
      return count <= INT64_MAX || Fail(Fault::kIntegerTooSmall);
    case kBytes:
    case kText:
      return Skip(count);
    case kArray:
    case kMap:
      // Each element takes a byte at least.
      if (count > rest_.size()) return Fail(Fault::kTooShort);
      pending += type.major() == kMap ? 2 * count : count;
      return true;
    default:
      return true;
  }
}

bool Reader::SkipSpecial(Type type) {
  const int minor = type.minor();
  if (minor >= kFalseMinor && minor <= kNullMinor) return true;
  if (minor < kHalfFloatMinor || minor > kLastLongMinor) {
    return Fail(Fault::kInvalidType);
  }
  return Skip(WidthOf(minor));
}

}  // namespace thespian::gateway::model
