#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/json/cbor_append.h"
#include "endpoint/json/form_reader.h"
#include "endpoint/json/json_forms.h"
#include "endpoint/json/json_payload.h"
#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/status_text.h"
#include "endpoint/wire/text.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway {
namespace {

using nlohmann::json;

// A map's form opens three JSON containers for one of CBOR, and a key or value
// may be one form more.
constexpr size_t kMaxJsonNesting = 3 * kMaxNesting + 1;
// While a map's form is being read, its two arrays count too.
constexpr size_t kMaxHeightInForm = kMaxNesting + 2;
// Of what the JSON library says about bad text.
constexpr size_t kMaxDetailBytes = 200;

// Walks the text for the parser and notes how far it has read.
class NotingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  NotingIterator(const char* at, size_t* read) : at_(at), read_(read) {}

  reference operator*() const { return *at_; }
  NotingIterator& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  bool operator==(const NotingIterator& other) const {
    return at_ == other.at_;
  }

 private:
  const char* at_;
  size_t* read_;
};

// "line 3, column 7" of the last of the first `read` bytes.
std::string Place(std::string_view text, size_t read) {
  const std::string_view before =
      text.substr(0, std::min(read, text.size() + 1) - (read > 0 ? 1 : 0));
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::string_view last =
      before.substr(before.find_last_of('\n') + 1);  // npos + 1 is 0
  const auto column = std::count_if(last.begin(), last.end(), [](char c) {
    return (static_cast<uint8_t>(c) & 0xc0) != 0x80;
  });
  return fmt::format("line {}, column {}", line + 1, column + 1);
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: what"
std::string_view DetailOf(std::string_view words) {
  for (const std::string_view mark : {"] ", "column ", ": "}) {
    const size_t at = words.find(mark);
    if (at == std::string_view::npos) break;
    words.remove_prefix(at + mark.size());
  }
  return words;
}

// Turns the parser's events into CBOR as they come: a container is opened with
// a head of one byte, which gives way to the real one when it is closed.
//
// Ownership: the caller's text must outlive it.
// Memory:    the result and 80 bytes for each open container.
class Transcoder {
 public:
  explicit Transcoder(std::string_view text) : text_(text) {}

  absl::StatusOr<std::string> Run() {
    // The parser takes it for the end.
    if (const size_t nul = text_.find('\0'); nul != text_.npos) {
      read_ = nul + 1;
      Refuse("a NUL byte");
      return status_;
    }
    const bool done = json::sax_parse(
        NotingIterator(text_.data(), &read_),
        NotingIterator(text_.data() + text_.size(), &read_), this);
    if (!status_.ok()) return status_;
    if (!done) return absl::InternalError("the JSON parser gave no reason");
    return std::move(out_);
  }

  // The parser's events, under the names that it demands.
  bool null() { return Simple(kSimpleNull); }
  bool boolean(bool value) {
    return Simple(value ? kSimpleTrue : kSimpleFalse);
  }
  bool number_integer(int64_t value);
  bool number_unsigned(uint64_t value);
  bool number_float(double value, const std::string& token);
  bool string(std::string& value);
  bool binary(json::binary_t&) { return Refuse("binary data"); }
  bool start_object(size_t) { return Open(/*object=*/true); }
  bool start_array(size_t) { return Open(/*object=*/false); }
  bool key(std::string& value);
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }
  bool parse_error(size_t read, const std::string& token,
                   const json::exception& error);

 private:
  struct Container {
    bool object = false;
    size_t start = 0;        // where its head is
    uint64_t items = 0;      // elements, or members
    size_t height = 0;       // of its tallest item
    std::string form;        // the first key if it begins with '$'
    size_t first_value = 0;  // where the first member's value is
  };

  bool Simple(uint64_t value);
  bool Item(size_t height);
  bool Open(bool object);
  bool Close();
  bool CloseForm(const Container& closed);
  bool CloseContainer(const Container& closed);
  bool CheckKeys(const Container& closed);
  bool Refuse(std::string_view why);
  bool RefuseNesting();

  const std::string_view text_;
  size_t read_ = 0;
  std::string out_;
  std::vector<Container> open_;
  absl::Status status_;
};

bool Transcoder::Refuse(std::string_view why) {
  status_ = absl::InvalidArgumentError(
      fmt::format("{} (JSON {})", why, Place(text_, read_)));
  return false;
}

bool Transcoder::RefuseNesting() {
  return Refuse(fmt::format("nested deeper than {}", kMaxNesting));
}

bool Transcoder::parse_error(size_t read, const std::string&,
                             const json::exception& error) {
  const std::string_view detail = DetailOf(error.what());
  status_ = absl::InvalidArgumentError(
      fmt::format("malformed JSON at {}: {}", Place(text_, read),
                  ToUtf8(detail.substr(0, kMaxDetailBytes))));
  return false;
}

bool Transcoder::Simple(uint64_t value) {
  AppendHead(MajorType::kSimple, value, out_);
  return Item(/*height=*/0);
}

bool Transcoder::number_integer(int64_t value) {
  if (value >= 0) return number_unsigned(static_cast<uint64_t>(value));
  AppendHead(MajorType::kNegative, ~static_cast<uint64_t>(value), out_);
  return Item(/*height=*/0);
}

bool Transcoder::number_unsigned(uint64_t value) {
  AppendHead(MajorType::kUnsigned, value, out_);
  return Item(/*height=*/0);
}

// Also given the integers that fit into no 64 bits.
bool Transcoder::number_float(double value, const std::string& token) {
  if (token.find_first_of(".eE") != std::string::npos) {
    AppendFloat(value, out_);
  } else if (!AppendInteger(token, out_)) {
    return Refuse(
        "an integer outside of -2^64 to 2^64-1; a float is written with a "
        "fraction or an exponent");
  }
  return Item(/*height=*/0);
}

bool Transcoder::string(std::string& value) {
  AppendString(MajorType::kText, value, out_);
  return Item(/*height=*/0);
}

bool Transcoder::key(std::string& value) {
  AppendString(MajorType::kText, value, out_);
  Container& object = open_.back();
  if (object.items == 0) {
    object.first_value = out_.size();
    if (value.starts_with(kFormMark)) object.form = std::move(value);
  }
  return true;
}

// An item is complete: the innermost open container has one more.
bool Transcoder::Item(size_t height) {
  if (open_.empty()) return height <= kMaxNesting || RefuseNesting();
  ++open_.back().items;
  open_.back().height = std::max(open_.back().height, height);
  return true;
}

bool Transcoder::Open(bool object) {
  if (open_.size() == kMaxJsonNesting) return RefuseNesting();
  open_.push_back({.object = object, .start = out_.size()});
  AppendHead(object ? MajorType::kMap : MajorType::kArray, 0, out_);
  return true;
}

bool Transcoder::Close() {
  const Container closed = std::move(open_.back());
  open_.pop_back();
  const bool form = closed.items == 1 && !closed.form.empty();
  return form ? CloseForm(closed) : CloseContainer(closed);
}

bool Transcoder::CloseForm(const Container& closed) {
  const std::string value = out_.substr(closed.first_value);
  out_.resize(closed.start);
  absl::Status status = AppendForm(closed.form, value, out_);
  if (!status.ok()) return Refuse(MessageOf(status));
  // Two arrays have become one map, or one array a tag.
  const bool map = closed.form == kMapForm;
  return Item(map ? std::max<size_t>(closed.height - 1, 1) : closed.height);
}

bool Transcoder::CloseContainer(const Container& closed) {
  if (closed.height >= kMaxHeightInForm) return RefuseNesting();
  if (closed.object && !CheckKeys(closed)) return false;
  out_.replace(closed.start, 1,
               CborHead(closed.object ? MajorType::kMap : MajorType::kArray,
                        closed.items));
  return Item(closed.height + 1);
}

bool Transcoder::CheckKeys(const Container& closed) {
  absl::flat_hash_set<std::string_view> keys;
  std::string_view rest = std::string_view(out_).substr(closed.start + 1);
  while (!rest.empty()) {
    Head key;
    if (ReadHead(rest, key) != HeadStatus::kOk) return Refuse("a bad key");
    if (!keys.insert(key.string).second) {
      return Refuse(fmt::format("the key \"{}\" twice in one object",
                                ToUtf8(key.string.substr(0, kMaxDetailBytes))));
    }
    rest.remove_prefix(key.size);
    const absl::StatusOr<size_t> size =
        MeasureItem(rest, ItemRules::kWellFormed);
    if (!size.ok()) return RefuseNesting();
    rest.remove_prefix(*size);
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> JsonToCbor(std::string_view json) {
  return Transcoder(json).Run();
}

}  // namespace thespian::gateway
