// The programs of the transcripts that read: which actors they start, in which
// order.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_PROGRAMS_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_PROGRAMS_H_

#include "tests/support/thespian_model/actor_system.h"
#include "tests/support/thespian_model/generation.h"
#include "tests/support/thespian_model/wire.h"

namespace thespian::gateway::model {

// Each returns the endpoint, which speaks over `wire`.
ActorId StartActors(Generation generation, const Wire& wire,
                    ActorSystem& system);
ActorId StartLibraryTestChild(Generation generation, const Wire& wire,
                              ActorSystem& system);

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_PROGRAMS_H_
