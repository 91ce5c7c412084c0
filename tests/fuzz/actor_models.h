// Scripts for the tables of actors: each step is done to the table and to a
// model of it, plain enough to be right, and both must say the same.
//
// Errors:    a difference ends the process (Check).
#ifndef TESTS_FUZZ_ACTOR_MODELS_H_
#define TESTS_FUZZ_ACTOR_MODELS_H_

#include "tests/fuzz/byte_script.h"

namespace thespian::gateway {

void TryRemoteActors(ByteScript& script);
void TryLocalActors(ByteScript& script);
void TryMailbox(ByteScript& script);

}  // namespace thespian::gateway

#endif  // TESTS_FUZZ_ACTOR_MODELS_H_
