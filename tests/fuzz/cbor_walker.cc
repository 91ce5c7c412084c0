// MeasureItem finds exactly what two others find well-formed, reads nothing
// outside of its bytes, and takes no memory but for the words of an error.
//
//   input := bytes that may begin with an item
#include <cbor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "endpoint/check.h"
#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/dialects.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/allocations.h"
#include "tests/support/cbor_oracle.h"

namespace thespian::gateway {
namespace {

// The oracle and libcbor recurse.
constexpr size_t kMostBytes = 4'096;
constexpr std::ptrdiff_t kSmall = 4'096;

// A copy that ends where its memory does: a sanitizer sees a read too far.
class ExactCopy {
 public:
  explicit ExactCopy(std::string_view bytes)
      : bytes_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
    bytes.copy(bytes_.get(), bytes.size());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  const std::unique_ptr<char[]> bytes_;
  const size_t size_;
};

bool IsArrayOrNull(char first) {
  return (static_cast<uint8_t>(first) >> 5) == 4 || first == '\xf6';
}

void CheckAgainstOracle(std::string_view bytes, const Judgement& judged) {
  const bool any = judged.well_formed && judged.depth <= kMaxNesting;
  StartCounting();
  const auto measured = MeasureItem(bytes, ItemRules::kWellFormed);
  const auto plain = MeasureItem(bytes, ItemRules::kThespian);
  Check(CountedAllocations().peak_bytes <= kSmall, "walking takes no memory");
  Check(measured.ok() == any, "what is well-formed is measured");
  Check(plain.ok() == (any && judged.plain), "what is plain is measured");
  Check(!any || *measured == judged.size, "the size is the item's");
  Check(!plain.ok() || *plain == judged.size, "plain or not, the size is one");
  const bool all = judged.size == bytes.size();
  Check(CheckPayload(bytes, PayloadRules::kAnyItem).ok() == (any && all),
        "a payload is one item");
  const bool thespian = CheckPayload(bytes, PayloadRules::kThespian).ok();
  Check(!thespian || (any && judged.plain && all && IsArrayOrNull(bytes[0])),
        "a payload for thespian is one plain item, an array or null");
  Check(thespian || !(any && judged.plain && all) || bytes[0] != '\xf6',
        "null is a payload for thespian");
}

// What follows an item does not matter; what it lacks does.
void CheckEnds(std::string_view item) {
  const ExactCopy alone(item);
  const auto measured = MeasureItem(alone.view(), ItemRules::kWellFormed);
  Check(measured.ok() && *measured == item.size(), "an item ends by itself");
  const ExactCopy cut(item.substr(0, item.size() - 1));
  Check(!MeasureItem(cut.view(), ItemRules::kWellFormed).ok(),
        "an item without its last byte is none");
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

// libcbor takes memory for as many elements as a head announces, and refuses
// some of what is well-formed (see RandomItem), and text that is not UTF-8.
bool SuitsLibcbor(std::string_view item) {
  Head head;
  for (; !item.empty(); item.remove_prefix(head.size)) {
    const auto first = static_cast<uint8_t>(item[0]);
    const bool refused = (first >= 0xc6 && first <= 0xd7) ||
                         (first >= 0xe0 && first <= 0xf3) || first == 0xf8;
    if (refused) return false;
    if (ReadHead(item, head) != HeadStatus::kOk) return true;  // so far only
    if (head.kind == HeadKind::kText && !IsAscii(head.string)) return false;
    const bool counted =
        head.kind == HeadKind::kArray || head.kind == HeadKind::kMap;
    if (counted && head.argument > kMostBytes) return false;
  }
  return true;
}

void CheckAgainstLibcbor(std::string_view bytes, const Judgement& judged) {
  cbor_load_result result{};
  cbor_item_t* loaded =
      cbor_load(reinterpret_cast<cbor_data>(bytes.data()),  // NOLINT(house)
                bytes.size(), &result);
  Check((loaded != nullptr) == judged.well_formed,
        "libcbor loads what is well-formed");
  if (loaded == nullptr) return;
  cbor_decref(&loaded);
  Check(result.read == judged.size, "libcbor reads the same item");
}

}  // namespace

void TryInput(std::string_view input) {
  if (input.size() > kMostBytes) return;
  const ExactCopy copy(input);
  const Judgement judged = JudgeItem(copy.view());
  CheckAgainstOracle(copy.view(), judged);
  if (judged.well_formed && judged.depth <= kMaxNesting) {
    CheckEnds(copy.view().substr(0, judged.size));
  }
  if (SuitsLibcbor(copy.view())) CheckAgainstLibcbor(copy.view(), judged);
}

}  // namespace thespian::gateway
