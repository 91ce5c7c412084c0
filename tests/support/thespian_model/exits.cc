#include "tests/support/thespian_model/exits.h"

#include <cstdio>
#include <cstdlib>

#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "tests/support/thespian_model/cbor_match.h"
#include "tests/support/thespian_model/cbor_reader.h"
#include "tests/support/thespian_model/cbor_writer.h"

namespace thespian::gateway::model {
namespace {

// An address as long as the real ones are.
std::string AddressOf(ActorId id) {
  return fmt::format("0x7f00{:08x}", id.value << 8);
}

std::string ToJson(std::string_view message) {
  using Json = nlohmann::json;
  const Json json = Json::from_cbor(message, /*strict=*/false,
                                    /*allow_exceptions=*/false);
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace);
}

}  // namespace

std::string ExitOf(std::string_view reason) {
  if (reason.size() > kLongestReason) {
    Panic("attempt to unwrap error: NoSpaceLeft");
  }
  return Pack("exit", reason);
}

std::string Unexpected(std::string_view message) {
  return Pack("exit", "UNEXPECTED_MESSAGE: " + ToJson(message));
}

std::string DeadSend(std::string_view message, ActorId sender,
                     std::string_view sender_name) {
  const std::string nobody = Pack("PID", "0", "none");
  const std::string actor = Pack("PID", AddressOf(sender), sender_name);
  return Pack("exit", "DEADSEND", Raw{message}, Raw{nobody}, Raw{actor});
}

void Panic(std::string_view why) {
  std::fprintf(stderr, "panic: %.*s\n", static_cast<int>(why.size()),
               why.data());
  std::abort();
}

Kind KindOf(std::string_view message) {
  static const std::string normal = Pack("exit", "normal");
  if (message == normal) return Kind::kNormalExit;
  Reader reader(message);
  uint64_t count = 0;
  if (!reader.ReadArray(count)) return Kind::kNoArray;
  return count >= 2 && Take(reader, "exit") ? Kind::kExit : Kind::kMessage;
}

bool BeginsWithExit(std::string_view message) {
  Reader reader(message);
  uint64_t count = 0;
  return reader.ReadArray(count) && count > 0 && Take(reader, "exit");
}

}  // namespace thespian::gateway::model
