// A client of the near gateway as an actor at the far one: what it says goes
// there, what it is told there comes to the bridge's inbox.
//
// Ownership: owns its stream; borrows the inbox, which outlives it.
// Threads:   the bridge's thread alone; the handler's calls come on gRPC's, and
//   only fill the inbox.
// Errors:    RESOURCE_EXHAUSTED: try again after HasRoom. Another status: the
//   stream has ended, and StreamEnded tells it.
// Memory:    kMaxQueuedBytes of commands, and one response.
#ifndef EXAMPLES_BRIDGE_CHILD_DELEGATE_H_
#define EXAMPLES_BRIDGE_CHILD_DELEGATE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "clients/cpp/client.h"
#include "examples/bridge-child/far_actor.h"
#include "examples/bridge-child/inbox.h"

namespace thespian::gateway::bridge {

// Which command an answer is of: that to an actor, by the id that the near
// gateway has of it, one to a name, or a question.
inline constexpr uint64_t kNamedCommand = UINT64_MAX;
inline constexpr uint64_t kQuestion = UINT64_MAX - 1;

class Delegate final : private client::ActorHandler {
 public:
  static constexpr size_t kMaxQueuedBytes = 256u << 10;

  Delegate(client::Client& gateway, std::string endpoint, PeerId peer,
           Inbox& inbox);
  // Cancels the stream unless it has ended, and waits for its end.
  ~Delegate() override;

  // `id` is what the near gateway calls `to`.
  absl::Status Send(ActorId id, const FarActor& to, std::string_view payload);
  absl::Status SendNamed(const std::string& name, std::string_view payload);
  absl::Status Link(ActorId id, const FarActor& to);

  // Whether the last of `ended` has been heard: Exited answers it.
  absl::Status Ask(const FarActor& ended);

  // A command has been answered.
  void NoteAnswer();

  // Its client has ended. What it said before is still done. The far gateway
  // knows two reasons: "normal" and, for any other, "disconnected".
  void Leave(std::string_view reason);
  bool leaving() const { return leaving_; }

  // What the far gateway calls it; 0 until that is known.
  LocalId id() const { return id_; }
  void set_id(LocalId id) { id_ = id; }

  // Ends the stream at once.
  void Cancel() { actor_->Cancel(); }

  // The inbox has room again.
  void ReadOn() { actor_->ResumeReading(); }

 private:
  absl::Status LinkAs(uint64_t command_id, const FarActor& to);
  absl::Status Count(absl::Status status);
  void CancelOnceAnswered();
  void PauseIfFull();

  void OnOpened(LocalId id, const std::string& token) override;
  void OnDelivery(const v1::ActorEvent::Delivery& delivery) override;
  void OnExited(const v1::ActorEvent::Exited& exited) override;
  void OnCommandResult(uint64_t command_id,
                       const absl::Status& status) override;
  void OnEndpointChanged(
      const v1::ActorEvent::EndpointChanged& changed) override;
  void OnRoom() override;
  void OnDone(const absl::Status& status) override;

  const std::string endpoint_;
  const PeerId peer_;
  Inbox& inbox_;
  LocalId id_;
  uint64_t unanswered_ = 0;
  bool leaving_ = false;
  bool cancel_ = false;  // once everything is answered

  // The handler may be called before actor_ is set.
  std::atomic<client::Actor*> attached_ = nullptr;
  // The last member: its handler calls end before anything else goes.
  std::unique_ptr<client::Actor> actor_;
};

}  // namespace thespian::gateway::bridge

#endif  // EXAMPLES_BRIDGE_CHILD_DELEGATE_H_
