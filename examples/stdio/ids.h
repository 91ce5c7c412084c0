// The two sides of the stream, from the child's point of view.
#ifndef EXAMPLES_STDIO_IDS_H_
#define EXAMPLES_STDIO_IDS_H_

#include "endpoint/wire/ids.h"

namespace thespian::gateway::stdio {

// An actor of this child, by the id that we chose.
using ActorId = Id<struct ActorIdTag>;

// An actor on the gateway's side, by the id that it chose. 0 is nobody.
using PeerId = Id<struct PeerIdTag>;

}  // namespace thespian::gateway::stdio

#endif  // EXAMPLES_STDIO_IDS_H_
