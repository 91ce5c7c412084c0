// Bytes as people write them.
#ifndef TESTS_SUPPORT_HEX_H_
#define TESTS_SUPPORT_HEX_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "endpoint/check.h"

namespace thespian::gateway {

// Spaces between the digits are ignored; anything else ends the process.
inline std::string FromHex(std::string_view hex) {
  std::string digits(hex);
  std::erase(digits, ' ');
  Check(digits.size() % 2 == 0 && std::all_of(digits.begin(), digits.end(),
                                              [](unsigned char c) {
                                                return absl::ascii_isxdigit(c);
                                              }),
        "a test's bytes are written in hex");
  return absl::HexStringToBytes(digits);
}

inline std::string ToHex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

// `bytes`, `count` times in a row.
inline std::string Repeat(std::string_view bytes, size_t count) {
  std::string all;
  all.reserve(bytes.size() * count);
  for (size_t i = 0; i < count; ++i) all.append(bytes);
  return all;
}

// A gtest name of the words of `text`: "send (text head)" is SendTextHead.
inline std::string TestNameOf(std::string_view text) {
  std::string name;
  bool start = true;
  for (const char c : text) {
    const bool keep = absl::ascii_isalnum(static_cast<unsigned char>(c));
    if (keep) name += start ? absl::ascii_toupper(c) : c;
    start = !keep;
  }
  return name;
}

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_HEX_H_
