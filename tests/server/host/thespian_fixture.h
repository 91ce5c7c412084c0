// The fixture of the tests with the model of a thespian process as the child.
#ifndef TESTS_SERVER_HOST_THESPIAN_FIXTURE_H_
#define TESTS_SERVER_HOST_THESPIAN_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "endpoint/wire/dialects.h"
#include "nlohmann/json.hpp"
#include "tests/server/gateway_test.h"

namespace thespian::gateway {

// One of thespian's generations, and the dialect to speak with it.
struct Generation {
  Dialect dialect = Dialect::kThespian;
  std::string name;  // as the model child takes it

  friend void PrintTo(const Generation& generation, std::ostream* out) {
    *out << generation.name;
  }
};

// For INSTANTIATE_TEST_SUITE_P: 32k.
std::vector<Generation> BothGenerations();
std::string GenerationName(const ::testing::TestParamInfo<Generation>& row);

// The model's actors whose ids the tests use.
inline constexpr uint64_t kEchoId = 2;
inline constexpr uint64_t kDierId = 3;
inline constexpr uint64_t kLinkerId = 4;
inline constexpr uint64_t kKeeperId = 11;
inline constexpr uint64_t kEndpointId = 12;
// The first proxy over there of an id of ours; they are counted on.
inline constexpr uint64_t kFirstProxyId = 13;

// A payload with heads as short as can be.
v1::Payload Item(const nlohmann::json& value);
std::string ItemBytes(const nlohmann::json& value);

class ThespianTest : public GatewayTest,
                     public ::testing::WithParamInterface<Generation> {
 protected:
  // Clients may send to the names of all the model's actors.
  ThespianTest();

  void RunModel();

  // The reply to a call, which must come; its CBOR.
  template <typename Target>
  std::string Ask(const Target& target, const v1::Payload& payload) {
    v1::CallResponse response;
    EXPECT_THAT(Call(CallTo(target, payload), response), IsRpcOk());
    return response.payload().cbor();
  }

  // The first incarnation still runs, and all its actors answer.
  void ExpectUnharmed() { ExpectUnharmedBut(""); }
  // The same, of all actors but one.
  void ExpectUnharmedBut(const std::string& dead);

  // An actor speaks, so that it has a proxy; and who asked it to is forgotten.
  void LetSpeak(const std::string& actor);

  // An attached client, linked to an actor that has spoken.
  std::unique_ptr<AttachClient> AttachLinkedTo(uint64_t remote);

  // Returns when the child has been told of the ends of all clients that have
  // ended before the call, so far as it is told of them at once.
  void AwaitEndsTold();

  // The next line of the child's stderr, since its start.
  std::string NextErrorLine();

  // Frames that were handed to the child.
  uint64_t FramesWritten();

 private:
  std::unique_ptr<Watcher> error_lines_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SERVER_HOST_THESPIAN_FIXTURE_H_
