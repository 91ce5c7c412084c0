// Random but repeatable CBOR.
#ifndef TESTS_SUPPORT_RANDOM_ITEM_H_
#define TESTS_SUPPORT_RANDOM_ITEM_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace thespian::gateway {

// Makes well-formed items of every major type, definite and indefinite, with
// lengths in the shortest form and in longer ones.
//
// libcbor 0.8, which serves as an oracle, refuses some of what is well-formed:
// simple values are false, true, null and undefined only, no tag is 6 to 23.
class RandomItem {
 public:
  explicit RandomItem(uint32_t seed) : random_(seed) {}

  // One item with at most `depth` arrays and maps open at once.
  std::string Next(size_t depth);

  // A number from 0 to `last`.
  uint64_t UpTo(uint64_t last);

 private:
  void Append(size_t depth, std::string& out);
  void AppendHead(int major, uint64_t argument, std::string& out);
  void AppendString(int major, std::string& out);
  void AppendChunks(int major, std::string& out);
  void AppendItems(int major, size_t depth, std::string& out);
  void AppendSimple(std::string& out);

  std::mt19937 random_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_RANDOM_ITEM_H_
