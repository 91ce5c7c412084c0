// The vectors of the protocol: bytes, and what must come of them.
//
// Errors:    a file that is missing or not as expected ends the process.
#ifndef TESTS_SUPPORT_VECTORS_H_
#define TESTS_SUPPORT_VECTORS_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/message_fields.h"

namespace thespian::gateway {

struct FrameVector {
  std::string name;
  std::string bytes;
  std::string verdict;    // "message", "skipped" or "fatal"
  MessageFields message;  // empty unless the verdict is "message"

  friend void PrintTo(const FrameVector& row, std::ostream* out) {
    *out << row.name;
  }
};

struct StreamVector {
  std::string name;
  std::string bytes;
  std::optional<uint64_t> limit;  // max_frame_bytes
  size_t messages = 0;
  size_t skipped = 0;  // not understood, or too large
  std::string then;    // "open", "truncated" or "fatal"
  uint64_t left = 0;   // of "truncated": bytes of the unfinished frame

  friend void PrintTo(const StreamVector& row, std::ostream* out) {
    *out << row.name;
  }
};

struct PayloadVector {
  std::string name;
  std::string bytes;
  bool thespian = false;  // allowed by this profile
  bool cbor = false;

  friend void PrintTo(const PayloadVector& row, std::ostream* out) {
    *out << row.name;
  }
};

struct Vectors {
  std::vector<FrameVector> frames;
  std::vector<StreamVector> streams;
  std::vector<PayloadVector> payloads;
};

Vectors LoadVectors();

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_VECTORS_H_
