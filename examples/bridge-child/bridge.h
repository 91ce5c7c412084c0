// Stands for the actors of another gateway: the FAR one, whose client it is.
// The gateway whose child it is, is the NEAR one.
//
//   near client = peer --- near gateway --- Bridge --- far gateway --- actor
//
// Each peer that speaks is represented at the far gateway by a delegate, an
// actor of its own, until the near gateway says that it has ended. Each far
// actor that speaks to a delegate gets an id here, under which the near gateway
// knows it, until it ends (RelayedActors).
//
// Ownership: owns everything but the client and the outbox, which outlive it.
// Threads:   one, that of the loop. What comes on others goes through the
// inbox. Errors:    the loss of the far gateway is told by a transport_error,
// and the
//   bridge is over. What one peer does wrong is logged.
// Memory:    kInboxBytes, one read of stdin, RelayedActors, and kMaxDelegates
//   times (Delegate::kMaxQueuedBytes and a stream).
#ifndef EXAMPLES_BRIDGE_CHILD_BRIDGE_H_
#define EXAMPLES_BRIDGE_CHILD_BRIDGE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "clients/cpp/client.h"
#include "examples/bridge-child/anonymous_sender.h"
#include "examples/bridge-child/delegate.h"
#include "examples/bridge-child/far_watch.h"
#include "examples/bridge-child/inbox.h"
#include "examples/bridge-child/relayed_actors.h"
#include "examples/stdio/frame_handler.h"
#include "examples/stdio/outbox.h"

namespace thespian::gateway::bridge {

class Bridge final : public stdio::FrameHandler {
 public:
  static constexpr size_t kInboxBytes = 8u << 20;
  static constexpr size_t kMaxDelegates = 10'000;

  // `endpoint` is the name of one of the far gateway's.
  Bridge(client::Client& far, const std::string& endpoint,
         stdio::Outbox& outbox);
  ~Bridge() override;

  // FrameHandler
  void Handle(const Message& message, stdio::TimePoint now) override;
  bool ready() const override { return watching_ && backlog_.empty(); }
  int wake_fd() const override { return inbox_.fd(); }
  void OnWake() override;
  bool over() const override { return !lost_.ok(); }

  // Why it is over.
  const absl::Status& lost() const { return lost_; }

 private:
  // What the near gateway says. False: there is no room; again later.
  bool Do(const Message& message);
  bool Do(const SendMessage& message);
  bool Do(const SendNamedMessage& message);
  bool Do(const LinkMessage& message);
  bool Do(const ExitMessage& message);
  bool Do(const TransportErrorMessage& message);
  bool Do(const Unrecognized& message);
  // Always true: it is done.
  bool RefuseUnknown(ActorId id);
  void DoBacklog();

  // What the far gateway says.
  void On(const Opened& event);
  void On(const Delivered& event);
  void On(const Exited& event);
  void On(const RunEnded& event);
  void On(const Answered& event);
  void On(const HasRoom& event);
  void On(const StreamEnded& event);
  void On(const WatchReady& event);
  void On(const FarBegan& event);
  void On(const FarEnded& event);
  void On(const FarLinked& event);
  void On(const GatewayLost& event);

  // The peer's delegate, or null if there is none.
  Delegate* Find(PeerId peer);
  // The same, for a peer that speaks. Null: there are too many.
  Delegate* FindOrMake(PeerId peer);
  void TellLinked(const FarActor& actor, PeerId peer);
  void AskQuestions();
  void TellEnds();

  client::Client& far_;
  const std::string endpoint_;
  stdio::Outbox& outbox_;
  Inbox inbox_{kInboxBytes};
  RelayedActors relayed_;
  absl::flat_hash_map<LocalId, PeerId> peers_;  // by their delegates
  std::deque<FarLinked> early_links_;           // to delegates not known yet
  std::deque<std::string> backlog_;             // frames
  std::deque<RelayedActors::Question> questions_;
  bool watching_ = false;
  absl::Status lost_;

  AnonymousSender anonymous_;
  absl::flat_hash_map<PeerId, std::unique_ptr<Delegate>> delegates_;
  FarWatch watch_;
};

}  // namespace thespian::gateway::bridge

#endif  // EXAMPLES_BRIDGE_CHILD_BRIDGE_H_
