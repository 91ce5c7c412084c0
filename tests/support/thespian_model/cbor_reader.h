// Reads CBOR as thespian's decoder does, with its limits and its errors.
//
// The model has a decoder of its own so that nothing of the gateway's judges
// the gateway.
//
// Ownership: everything that is read is a view of the bytes.
// Threads:   thread-compatible.
// Errors:    a Fault, which stays; after it every read is refused.
// Memory:    none; arrays may be nested as deeply as there are bytes.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_CBOR_READER_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_CBOR_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace thespian::gateway::model {

enum class Fault {
  kNone,
  kTooShort,
  kInvalidType,      // a tag, or a special value that is not known
  kInvalidPIntType,  // an indefinite length
  kIntegerTooSmall,  // negative where it must not be, or below -2^63
};

// As thespian writes it: "error.TooShort".
std::string_view NameOf(Fault fault);

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  // Each is false if the next item is of another type, and then has read its
  // first byte; or if there was a fault.
  bool ReadArray(uint64_t& count);            // null is an empty one
  bool ReadString(std::string_view& string);  // text or bytes
  bool ReadNumber(uint64_t& number);

  // Any item that thespian can skip, as it is.
  bool ReadItem(std::string_view& item);

  Fault fault() const { return fault_; }

 private:
  struct Type {
    uint8_t byte = 0;
    int major() const { return byte >> 5; }
    int minor() const { return byte & 0x1f; }
  };

  bool Fail(Fault fault);
  bool ReadType(Type& type);
  bool ReadCount(Type type, uint64_t& count);
  bool Skip(uint64_t bytes);
  // Adds the items that an array or a map announces to `pending`.
  bool SkipOne(uint64_t& pending);
  bool SkipContent(Type type, uint64_t count, uint64_t& pending);
  bool SkipSpecial(Type type);

  std::string_view rest_;
  Fault fault_ = Fault::kNone;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_CBOR_READER_H_
