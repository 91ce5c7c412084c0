// The tables of actors and the mailbox do what a simple model of each does.
//
//   input := which script
#include <string_view>

#include "tests/fuzz/actor_models.h"
#include "tests/fuzz/byte_script.h"
#include "tests/fuzz/fuzz_target.h"

namespace thespian::gateway {

void TryInput(std::string_view input) {
  ByteScript script(input);
  switch (script.UpTo(2)) {
    case 0:
      return TryRemoteActors(script);
    case 1:
      return TryLocalActors(script);
    default:
      return TryMailbox(script);
  }
}

}  // namespace thespian::gateway
