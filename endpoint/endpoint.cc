#include "endpoint/endpoint.h"

#include <future>
#include <memory>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/peer_driver.h"
#include "endpoint/relay/endpoint_relay.h"
#include "endpoint/session/end_notices.h"
#include "endpoint/session/session.h"
#include "endpoint/status_board.h"

namespace thespian::gateway {

namespace {

std::unique_ptr<EndpointRelay> MakeRelay(EndpointDeps& deps, EndpointName name,
                                         std::shared_ptr<LoopThread> loop) {
  if (deps.relays == nullptr) return nullptr;
  return std::make_unique<EndpointRelay>(
      EndpointRelay::Deps{.relays = *deps.relays,
                          .endpoint = name,
                          .routes = std::move(deps.routes),
                          .loop = std::move(loop)});
}

}  // namespace

struct Endpoint::Parts {
  Parts(const EndpointOptions& options, EndpointDeps deps)
      : clock(deps.clock),
        facts(options, deps.journal.NameOf(options.name), deps.known_to_group),
        board(facts.name, deps.incarnations),
        ends(loop, facts.options.exit_linger),
        sender({.facts = facts,
                .clock = deps.clock,
                .journal = deps.journal,
                .locals = deps.locals,
                .board = board,
                .loop = loop,
                .ends = ends}),
        proxies({.facts = facts,
                 .clock = deps.clock,
                 .journal = deps.journal,
                 .board = board,
                 .loop = loop}),
        relay(MakeRelay(deps, facts.name, shared_loop)),
        driver({.facts = facts,
                .loop = loop,
                .stats = stats,
                .recorder = recorder,
                .board = board,
                .ends = ends,
                .relay = relay.get()},
               std::move(deps)) {}

  const Clock& clock;
  const EndpointFacts facts;
  EndpointStats stats;
  FlightRecorder recorder;
  // Before all that holds a child: its queue ends last. Those that wait to be
  // called share it.
  const std::shared_ptr<LoopThread> shared_loop =
      std::make_shared<LoopThread>();
  LoopThread& loop = *shared_loop;
  StatusBoard board;
  EndNotices ends;
  SessionSender sender;
  EndpointProxies proxies;
  // The loop's alone.
  const std::unique_ptr<EndpointRelay> relay;  // null: it has none
  PeerDriver driver;
};

Endpoint::Endpoint(const EndpointOptions& options, EndpointDeps deps)
    : parts_(std::make_unique<Parts>(options, std::move(deps))) {}

Endpoint::~Endpoint() {
  if (!parts_->loop.started()) return;
  End();
  Join();
}

absl::Status Endpoint::Start() {
  std::promise<absl::Status> started;
  BeginStart([&started](absl::Status status) {
    started.set_value(std::move(status));
  });
  return started.get_future().get();
}

void Endpoint::BeginStart(Completion started) {
  Check(!parts_->loop.started(), "an endpoint is started once");
  parts_->loop.Start();
  parts_->loop.Post([this, started = std::move(started)]() mutable {
    parts_->driver.Handle(Supervisor::Begin{std::move(started)});
  });
}

void Endpoint::Stop() {
  parts_->loop.Post(
      [this] { parts_->driver.Handle(Supervisor::End{StopRung::kWait}); });
}

void Endpoint::Kill() {
  parts_->loop.Post(
      [this] { parts_->driver.Handle(Supervisor::End{StopRung::kKill}); });
}

void Endpoint::Join() {
  parts_->loop.LetEnd();
  parts_->loop.Join();
}

void Endpoint::End() {
  Stop();
  parts_->loop.LetEnd();
}

void Endpoint::Drain() {
  parts_->loop.Post([this] { parts_->driver.Handle(Supervisor::Drain{}); });
}

bool Endpoint::ended() const {
  return parts_->loop.ended() || !parts_->loop.started();
}

void Endpoint::SetRoutes(Routes routes) {
  if (parts_->relay == nullptr) return;
  parts_->loop.Post([this, routes = std::move(routes)]() mutable {
    parts_->relay->SetRoutes(std::move(routes));
  });
}

void Endpoint::Ask(Request request, Completion completion) {
  parts_->loop.PostOrRun([this, request,
                          completion = std::move(completion)]() mutable {
    if (parts_->loop.IsHere()) {
      parts_->driver.Handle(Supervisor::Ask{request, std::move(completion)});
    } else {
      std::move(completion)(EndpointEndedError(name()));
    }
  });
}

const std::string& Endpoint::name() const { return parts_->facts.options.name; }
const EndpointFacts& Endpoint::facts() const { return parts_->facts; }
uint8_t Endpoint::known_to_group() const { return parts_->facts.group; }
SessionSender& Endpoint::sender() { return parts_->sender; }
EndpointProxies& Endpoint::proxies() { return parts_->proxies; }
EndpointStats& Endpoint::stats() { return parts_->stats; }
const FlightRecorder& Endpoint::recorder() const { return parts_->recorder; }

EndpointState Endpoint::state() const { return parts_->board.state(); }
bool Endpoint::takes_messages() const { return parts_->board.IsOpen(); }

size_t Endpoint::queued_bytes() const {
  const std::shared_ptr<Session> session = parts_->board.Last();
  return session == nullptr ? 0 : session->writer().queued_bytes();
}

EndpointStatus Endpoint::Status() const {
  const StatusBoard::Row row = parts_->board.Get();
  EndpointStatus status = {.name = name(),
                           .state = row.state.state,
                           .reason = row.state.reason,
                           .pid = row.state.pid,
                           .incarnation = row.incarnation,
                           .last_exit = row.state.exit,
                           .inbound = parts_->stats.inbound.Get(),
                           .outbound = parts_->stats.outbound.Get(),
                           .refused = parts_->stats.refused,
                           .unread = parts_->stats.unread.Get()};
  if (status.pid != 0 ||
      (TakesMessages(status.state) && status.state != EndpointState::kIdle)) {
    status.uptime = parts_->clock.Steady() - row.started;
  }
  status.queued_bytes = queued_bytes();
  return status;
}

}  // namespace thespian::gateway
