// The two generations of thespian that write tagged ids, as far as they differ.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_GENERATION_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_GENERATION_H_

namespace thespian::gateway::model {

enum class Generation {
  // Today's. Frames have the head 5a and a length in 4 bytes; 32,768 bytes at
  // most, the head included. A link to a proxy is told on the wire.
  k32k,
  // Before the fixed head. Frames are text strings with the shortest head, of
  // 16,384 bytes at most. A proxy links on the wire when it is sent
  // ["establish_wire_link"].
  k16k,
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_GENERATION_H_
