// Endpoints over transports that a test plays, whose actors speak to each
// other. Their loops run when the test says so, so that every interleaving can
// be had, in one thread.
//
// Ownership: the world owns all of it.
// Threads:   one.
#ifndef TESTS_ENDPOINT_RELAY_RELAY_WORLD_H_
#define TESTS_ENDPOINT_RELAY_RELAY_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/relay/endpoint_relay.h"
#include "endpoint/relay/relays.h"
#include "endpoint/session/end_notices.h"
#include "endpoint/session/session.h"
#include "endpoint/session/session_sender.h"
#include "endpoint/status_board.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/message.h"
#include "spdlog/logger.h"
#include "tests/support/fake_transport.h"
#include "tests/support/silent_log.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {

// One endpoint; `east.Say(...)` is what its child says.
class PlayedEndpoint final : private SessionEvents {
 public:
  struct Around {
    const Clock& clock;
    EventJournal& journal;
    LocalActors& locals;
    spdlog::logger& log;
    Relays& relays;
  };

  PlayedEndpoint(const Around& around, const EndpointOptions& options,
                 const Routes::Table& routes);
  ~PlayedEndpoint() override;

  // Another incarnation, with a transport of its own.
  void Begin();
  // Its child is gone.
  void End();
  // Another child is on its way: Begin or Enter is to follow.
  void Starts() { Enter(EndpointState::kStarting); }
  void Enter(EndpointState state) { board_.Enter(state, "", 0); }
  // It is, and so is the endpoint.
  void GiveUp();
  bool live() const { return session_ != nullptr && session_->live(); }

  template <typename AnyMessage>
  void Say(const AnyMessage& message) {
    std::string frame;
    AppendFrame(message, frame, facts_.dialect.ids);
    SayBytes(frame);
  }
  // Whole frames, which are read at once.
  void SayBytes(std::string_view frames) {
    transport_->events()->OnBytes(frames);
  }
  void Send(uint64_t from, uint64_t to, std::string_view payload = "\x01") {
    Say(SendMessage{{from}, {to}, payload});
  }
  void SendNamed(uint64_t from, std::string_view name,
                 std::string_view payload = "\x01") {
    Say(SendNamedMessage{{from}, name, payload});
  }
  void Link(uint64_t from, uint64_t to) { Say(LinkMessage{{from}, {to}}); }
  void Exit(uint64_t actor, std::string_view reason = "normal") {
    Say(ExitMessage{{actor}, reason});
  }

  // An operator drops the proxy.
  void Release(uint64_t actor);

  // Whether the child reads.
  void SetDeaf(bool deaf);

  // Does one thing that waits for its loop, or tells the ends that have been
  // gathered. False: nothing waits.
  bool Step();

  // What its child was told since the last call, such as "5 says 01 to 7",
  // "5 says 01 to 'n'", "5 links 7", "5 exited: normal".
  std::vector<std::string> Heard();
  // The same, of all incarnations and calls, for whoever counts.
  const std::vector<std::string>& all_heard() const { return all_heard_; }

  SessionSender& sender() { return sender_; }
  RemoteActors& remotes() { return session_->remotes(); }
  const std::string& name() const { return facts_.options.name; }
  Incarnation incarnation() const { return board_.Get().incarnation; }
  const EndpointStats& stats() const { return stats_; }
  // To the present transport.
  int writes() const { return transport_->writes(); }

 private:
  void OnSessionOpened() override {}
  void OnSessionFailed(const absl::Status& why) override;
  void OnSessionGoodbye(const std::string&) override {}
  void OnSessionInputClosed() override {}
  void OnSessionEnded(const absl::Status&) override {}

  // Reads what was written to the transport.
  void Listen();

  const Around around_;
  const EndpointFacts facts_;
  const std::shared_ptr<LoopThread> loop_ = std::make_shared<LoopThread>();
  EndpointStats stats_;
  FlightRecorder recorder_;
  StatusBoard board_{facts_.name};
  EndNotices ends_;
  SessionSender sender_;
  EndpointRelay relay_;
  std::shared_ptr<FakeTransport> transport_;
  std::shared_ptr<Session> session_;
  std::optional<FrameDecoder> decoder_;
  size_t read_ = 0;  // of the transport's bytes
  std::vector<std::string> heard_;
  std::vector<std::string> all_heard_;
};

// Finds endpoints by their names; a pool is an endpoint.
class RelayWorld : private RelayHost {
 protected:
  explicit RelayWorld(MailboxLimits lane = {}, size_t most_actors = 100'000)
      : locals_(clock_, most_actors),
        relays_({.locals = locals_,
                 .journal = journal_,
                 .host = *this,
                 .mailbox = lane}) {}
  // in = out + refused + dropped + waiting, and nothing waits without reason.
  ~RelayWorld() override;

  PlayedEndpoint& Add(std::string_view name, const Routes::Table& routes = {},
                      EndpointOptions options = {});
  PlayedEndpoint& at(std::string_view name) {
    return *endpoints_.at(std::string(name));
  }
  void Remove(std::string_view name) { endpoints_.erase(std::string(name)); }

  // Until nothing waits for any loop.
  void Settle();

  RelayLaneStats StatsOf(std::string_view from, std::string_view to) const;
  // The ids of relayed actors, by "east 1 7": of actor 7 of incarnation 1 of
  // east. Several, if it speaks to several endpoints.
  std::vector<uint64_t> RelayedIds(std::string_view origin) const;

  TestClock clock_;
  EventJournal journal_{clock_, {}};
  spdlog::logger log_ = SilentLog();
  LocalActors locals_;
  Relays relays_;
  std::map<std::string, std::shared_ptr<PlayedEndpoint>> endpoints_;
  // Members are chosen by the sender, and who that was is noted.
  bool by_sender_ = false;
  std::vector<LocalId> senders_;
  std::vector<LocalId> forgotten_;

 private:
  std::shared_ptr<SessionSender> FindMember(
      std::string_view pool, absl::FunctionRef<LocalId()> sender) override;
  std::shared_ptr<SessionSender> FindIncarnation(
      std::string_view endpoint, Incarnation incarnation) override;
  void ForgetSender(LocalId sender) override { forgotten_.push_back(sender); }
  void EndActor(const std::shared_ptr<LocalActor>& actor,
                std::string reason) override;
};

}  // namespace thespian::gateway

#endif  // TESTS_ENDPOINT_RELAY_RELAY_WORLD_H_
