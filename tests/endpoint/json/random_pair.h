// Random but repeatable CBOR together with what the JSON mapping makes of it.
#ifndef TESTS_ENDPOINT_JSON_RANDOM_PAIR_H_
#define TESTS_ENDPOINT_JSON_RANDOM_PAIR_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace thespian::gateway {

// One value, written twice.
struct Pair {
  std::string loose;      // any well-formed way
  std::string canonical;  // definite lengths, shortest heads, 64-bit floats
};

// Makes values of every kind: text that is not UTF-8, simple values, tags, maps
// with keys of any kind, NaN, and what each may be written like.
class RandomPair {
 public:
  explicit RandomPair(uint32_t seed) : random_(seed) {}

  // At most `depth` arrays, maps and tags are open at once.
  Pair Next(size_t depth);

 private:
  uint64_t UpTo(uint64_t last);
  void Add(size_t depth);
  void AddHead(int major, uint64_t argument);
  void AddString(int major, std::string_view content);
  void AddText();
  void AddItems(int major, size_t depth);
  void AddSimple();
  void AddFloat();
  void AddToBoth(std::string_view bytes);

  std::mt19937 random_;
  Pair pair_;
};

}  // namespace thespian::gateway

#endif  // TESTS_ENDPOINT_JSON_RANDOM_PAIR_H_
