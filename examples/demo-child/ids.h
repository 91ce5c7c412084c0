// The two sides of the stream, from the child's point of view.
#ifndef EXAMPLES_DEMO_CHILD_IDS_H_
#define EXAMPLES_DEMO_CHILD_IDS_H_

#include "endpoint/wire/ids.h"

namespace thespian::gateway::demo {

// An actor of this child, by the id that we chose.
using ActorId = Id<struct ActorIdTag>;

// An actor on the gateway's side, by the id that it chose. 0 is nobody.
using PeerId = Id<struct PeerIdTag>;

}  // namespace thespian::gateway::demo

#endif  // EXAMPLES_DEMO_CHILD_IDS_H_
