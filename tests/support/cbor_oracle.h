// A second opinion on CBOR: the rules of RFC 8949, appendix C, written the
// plain recursive way.
//
// Memory:    recurses once per level of nesting and per tag: for small inputs.
#ifndef TESTS_SUPPORT_CBOR_ORACLE_H_
#define TESTS_SUPPORT_CBOR_ORACLE_H_

#include <cstddef>
#include <string_view>

namespace thespian::gateway {

struct Judgement {
  bool well_formed = false;
  size_t size = 0;    // of the item, if well-formed
  bool plain = true;  // nothing was met that the thespian profile forbids
  size_t depth = 0;   // most arrays and maps open at once
};

// Judges the item at the start of `bytes`; more may follow.
Judgement JudgeItem(std::string_view bytes);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_CBOR_ORACLE_H_
