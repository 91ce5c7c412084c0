// A test that plays the gateway to a child. Messages are written as JSON, and
// encoded and decoded by a CBOR codec that is not ours.
#ifndef TESTS_EXAMPLES_CHILD_TALK_H_
#define TESTS_EXAMPLES_CHILD_TALK_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/piped_child.h"

namespace thespian::gateway {

// The frames of these messages, one after the other.
std::string FramesOf(const std::vector<std::string_view>& messages);

// The message of a frame's content; "malformed" if it is none.
std::string MessageOfContent(std::string_view content);

class ChildTalk : public ::testing::Test {
 protected:
  // The child of this test from now on.
  void Begin(const std::vector<std::string>& command);

  // Writes these messages at once.
  void Say(const std::vector<std::string_view>& messages);
  void SayBytes(std::string_view bytes);

  // The next message of the child; what went wrong if there is none.
  std::string Hear();
  std::vector<std::string> Hear(size_t count);

  // Closes its stdin and returns what it still says.
  std::vector<std::string> HearTheRest();

  // Waits for its end: "exit 0", "signal 6".
  std::string Ending();

  PipedChild& child() { return *child_; }

 private:
  std::unique_ptr<PipedChild> child_;
};

}  // namespace thespian::gateway

#endif  // TESTS_EXAMPLES_CHILD_TALK_H_
