// The actors of the demo that need no time. A payload that one of them does
// not understand is answered with ["error", text].
//
// Threads:   thread-compatible.
#ifndef EXAMPLES_DEMO_CHILD_ACTORS_H_
#define EXAMPLES_DEMO_CHILD_ACTORS_H_

#include <cstdint>

#include "examples/demo-child/actor.h"

namespace thespian::gateway::demo {

// Answers `letter` with ["error", text].
void Refuse(const Letter& letter, Stage& stage, std::string_view text);

// Answers with what it got, whatever that is, byte for byte.
class Echo final : public Actor {
 public:
  End Receive(const Letter& letter, Stage& stage) override;
};

// Answers every message with ["count", n]: how many it got, whoever sent them.
// ["reset"] sets n to 0.
class Counter final : public Actor {
 public:
  End Receive(const Letter& letter, Stage& stage) override;

 private:
  uint64_t count_ = 0;
};

// Starts an actor for every message; it greets the sender with ["hello", id].
class Spawner final : public Actor {
 public:
  End Receive(const Letter& letter, Stage& stage) override;
};

// Answers with what it got, until ["exit", reason] or ["exit"] ends it.
class Spawned final : public Actor {
 public:
  End Receive(const Letter& letter, Stage& stage) override;
};

// Breaks as it is told to:
//   ["exit"], ["exit", reason]  ends this actor
//   ["abort"]                   aborts the process
//   ["exit_process", code]      ends the process, code 0 to 255
//   ["stderr", text]            writes a line to stderr
// What other actors were about to write is lost with the process.
class Crash final : public Actor {
 public:
  End Receive(const Letter& letter, Stage& stage) override;
};

}  // namespace thespian::gateway::demo

#endif  // EXAMPLES_DEMO_CHILD_ACTORS_H_
