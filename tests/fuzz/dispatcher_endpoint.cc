// An endpoint's loop half survives any child and any clients, and its accounts
// are right at every moment.
//
//   input := script (see endpoint_script.h)
#include <string_view>

#include "tests/fuzz/byte_script.h"
#include "tests/fuzz/endpoint_script.h"
#include "tests/fuzz/fuzz_target.h"

namespace thespian::gateway {

void TryInput(std::string_view input) {
  ByteScript script(input);
  EndpointScript(script).Run();
}

}  // namespace thespian::gateway
