// Takes messages apart the way thespian's actors do: by patterns, tried one
// after the other.
//
//   Matcher match(message);
//   if (match("die", &reason)) …
//   if (match("deliver_pid", &id, &payload)) …
//
// A pattern matches an array of as many elements: a literal matches that text
// or byte string, a pointer takes what it points to. What is behind the array
// is ignored.
//
// Ownership: texts and payloads are views of the message.
// Threads:   thread-compatible.
// Errors:    the first fault stays; after it nothing matches.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_CBOR_MATCH_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_CBOR_MATCH_H_

#include <cstdint>
#include <string_view>

#include "tests/support/thespian_model/cbor_reader.h"
#include "tests/support/thespian_model/ids.h"

namespace thespian::gateway::model {

// One item, as it is.
struct Raw {
  std::string_view item;
};

inline bool Take(Reader& reader, std::string_view* text) {
  return reader.ReadString(*text);
}

inline bool Take(Reader& reader, const char* literal) {
  std::string_view text;
  return reader.ReadString(text) && text == literal;
}

inline bool Take(Reader& reader, uint64_t* number) {
  return reader.ReadNumber(*number);
}

inline bool Take(Reader& reader, Raw* raw) {
  return reader.ReadItem(raw->item);
}

inline bool TakeTagged(Reader& reader, const char* tag, uint64_t* number) {
  uint64_t count = 0;
  return reader.ReadArray(count) && count == 2 && Take(reader, tag) &&
         Take(reader, number);
}

inline bool Take(Reader& reader, Lpid* id) {
  return TakeTagged(reader, "LPID", &id->value);
}

inline bool Take(Reader& reader, Rpid* id) {
  return TakeTagged(reader, "RPID", &id->value);
}

class Matcher {
 public:
  explicit Matcher(std::string_view message) : message_(message) {}

  template <typename... Elements>
  bool operator()(Elements... elements) {
    if (fault_ != Fault::kNone) return false;
    Reader reader(message_);
    uint64_t count = 0;
    const bool matched = reader.ReadArray(count) &&
                         count == sizeof...(elements) &&
                         (Take(reader, elements) && ...);
    fault_ = reader.fault();
    return matched;
  }

  Fault fault() const { return fault_; }

 private:
  const std::string_view message_;
  Fault fault_ = Fault::kNone;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_CBOR_MATCH_H_
