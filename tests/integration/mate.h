// An attached client that writes down what it is told, a line each:
//   opened 5, from 1 ["hello"], 7 exited: why, result 3 ACTOR_UNKNOWN,
//   endpoint failed, done OK
//
// Ownership: owns its actor, and its connection.
// Threads:   thread-compatible; the lines come on gRPC's threads.
// Errors:    whoever waits in vain is told so at a deadline that only a broken
//   program reaches.
#ifndef TESTS_INTEGRATION_MATE_H_
#define TESTS_INTEGRATION_MATE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "clients/cpp/client.h"
#include "tests/support/awaited.h"

namespace thespian::gateway {

class Mate final : private client::ActorHandler {
 public:
  // Returns when it is attached, or its stream has ended.
  explicit Mate(const std::string& address);

  void Send(uint64_t to, const std::string& json, uint64_t command_id = 0);
  void SendNamed(const std::string& name, const std::string& json);
  void Link(uint64_t to, uint64_t command_id = 0);

  // Waits until it has been told `line`; false: it has not.
  bool Hears(const std::string& line) const;
  std::vector<std::string> lines() const { return lines_.Get(); }
  // The lines that begin with `start`.
  std::vector<std::string> LinesOf(const std::string& start) const;
  // Waits for a message, the `number`th, and returns its line.
  std::string Message(size_t number) const;

  // Half-closes and waits for the end of the stream.
  absl::Status Close();

 private:
  void OnOpened(LocalId id, const std::string& token) override;
  void OnDelivery(const v1::ActorEvent::Delivery& delivery) override;
  void OnExited(const v1::ActorEvent::Exited& exited) override;
  void OnCommandResult(uint64_t command_id,
                       const absl::Status& status) override;
  void OnEndpointChanged(
      const v1::ActorEvent::EndpointChanged& changed) override;
  void OnDone(const absl::Status& status) override;

  void Note(std::string line);

  Awaited<std::vector<std::string>> lines_;
  // The last member: its handler calls end before anything else goes.
  std::unique_ptr<client::Actor> actor_;
};

}  // namespace thespian::gateway

#endif  // TESTS_INTEGRATION_MATE_H_
