// Reads a fuzzer's bytes as the choices of a script. Where they end, every
// choice is the first one.
//
// Ownership: a view of the input.
// Threads:   thread-compatible.
#ifndef TESTS_FUZZ_BYTE_SCRIPT_H_
#define TESTS_FUZZ_BYTE_SCRIPT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace thespian::gateway {

class ByteScript {
 public:
  explicit ByteScript(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }

  // A number from 0 to `last`.
  uint8_t UpTo(uint8_t last) {
    const std::string_view byte = Bytes(1);
    if (byte.empty()) return 0;
    return static_cast<uint8_t>(static_cast<uint8_t>(byte[0]) % (last + 1));
  }

  bool Coin() { return UpTo(1) == 1; }

  template <typename T, size_t kSize>
  const T& OneOf(const T (&choices)[kSize]) {
    static_assert(kSize <= UINT8_MAX);
    return choices[UpTo(kSize - 1)];
  }

  // The next `size` bytes, or what is left of them.
  std::string_view Bytes(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  // Up to 255 bytes, with their number before them.
  std::string_view Text() { return Bytes(UpTo(UINT8_MAX)); }

  std::string_view Rest() { return Bytes(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace thespian::gateway

#endif  // TESTS_FUZZ_BYTE_SCRIPT_H_
