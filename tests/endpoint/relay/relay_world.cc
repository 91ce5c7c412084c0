#include "tests/endpoint/relay/relay_world.h"

#include <variant>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

std::string TextOf(const Message& message) {
  if (const auto* send = std::get_if<SendMessage>(&message)) {
    return fmt::format("{} says {} to {}", send->from.value,
                       ToHex(send->payload), send->to.value);
  }
  if (const auto* named = std::get_if<SendNamedMessage>(&message)) {
    return fmt::format("{} says {} to '{}'", named->from.value,
                       ToHex(named->payload), named->name);
  }
  if (const auto* link = std::get_if<LinkMessage>(&message)) {
    return fmt::format("{} links {}", link->local.value, link->remote.value);
  }
  if (const auto* exit = std::get_if<ExitMessage>(&message)) {
    return fmt::format("{} exited: {}", exit->local.value, exit->reason);
  }
  return "something else";
}

}  // namespace

// --- One endpoint ----------------------------------------------------------

PlayedEndpoint::PlayedEndpoint(const Around& around,
                               const EndpointOptions& options,
                               const Routes::Table& routes)
    : around_(around),
      facts_(options, around.journal.NameOf(options.name)),
      ends_(*loop_, options.exit_linger),
      sender_({.facts = facts_,
               .clock = around.clock,
               .journal = around.journal,
               .locals = around.locals,
               .board = board_,
               .loop = *loop_,
               .ends = ends_}),
      relay_({.relays = around.relays,
              .endpoint = facts_.name,
              .routes = Routes(routes),
              .loop = loop_}) {
  Begin();
}

PlayedEndpoint::~PlayedEndpoint() { GiveUp(); }

void PlayedEndpoint::Begin() {
  board_.Begin(around_.clock.Steady());
  transport_ = std::make_shared<FakeTransport>();
  decoder_.emplace(1u << 20);
  read_ = 0;
  SessionEvents& events = *this;
  session_ =
      std::make_shared<Session>(board_.Get().incarnation, transport_, events,
                                Session::Deps{.facts = facts_,
                                              .clock = around_.clock,
                                              .journal = around_.journal,
                                              .locals = around_.locals,
                                              .log = around_.log,
                                              .recorder = recorder_,
                                              .stats = stats_,
                                              .relay = &relay_});
  ends_.Follow(session_);
  board_.Publish(session_);
  Enter(EndpointState::kRunning);
  session_->Open();
}

void PlayedEndpoint::End() {
  if (!live()) return;
  Listen();
  ends_.Flush();
  board_.Close();
  session_->End("it is over");
  Listen();
}

void PlayedEndpoint::GiveUp() {
  End();
  relay_.EndAll();
}

void PlayedEndpoint::Release(uint64_t actor) {
  session_->dispatcher().Release({actor}, "released");
  session_->dispatcher().Flush();
}

void PlayedEndpoint::OnSessionFailed(const absl::Status& why) {
  ADD_FAILURE() << name() << ": " << why;
}

void PlayedEndpoint::SetDeaf(bool deaf) {
  transport_->Usually(deaf ? 0 : FakeTransport::kAll);
  if (!deaf) transport_->events()->OnWritable();
}

bool PlayedEndpoint::Step() {
  loop_->context().restart();
  if (loop_->context().poll_one() > 0) return true;
  Listen();
  const size_t heard = all_heard_.size();
  ends_.Flush();
  Listen();
  return all_heard_.size() > heard;
}

std::vector<std::string> PlayedEndpoint::Heard() {
  Listen();
  return std::exchange(heard_, {});
}

void PlayedEndpoint::Listen() {
  const std::string bytes = transport_->bytes().substr(read_);
  read_ += bytes.size();
  const absl::Status status = decoder_->Feed(
      bytes,
      [this](std::string_view content) {
        IdForms forms;
        const auto message = DecodeMessage(content, &forms);
        EXPECT_TRUE(message.ok()) << message.status();
        heard_.push_back(TextOf(*message));
        all_heard_.push_back(heard_.back());
        return absl::OkStatus();
      },
      [](uint64_t) { return absl::OkStatus(); });
  EXPECT_TRUE(status.ok()) << status;
}

// --- Several ---------------------------------------------------------------

RelayWorld::~RelayWorld() {
  for (const auto& [name, endpoint] : endpoints_) endpoint->GiveUp();
  Settle();
  for (const RelayLaneStats& lane : relays_.Stats()) {
    uint64_t refused = 0;
    for (const auto& [reason, count] : lane.refused_by_reason) refused += count;
    EXPECT_EQ(lane.refused, refused);
    EXPECT_EQ(lane.in, lane.out + lane.refused + lane.dropped)
        << lane.from << " to " << lane.to;
  }
  for (const auto& actor : locals_.All()) {
    EXPECT_EQ(actor->relayed(), nullptr) << "one that was left";
  }
}

PlayedEndpoint& RelayWorld::Add(std::string_view name,
                                const Routes::Table& routes,
                                EndpointOptions options) {
  options.name = std::string(name);
  const PlayedEndpoint::Around around = {.clock = clock_,
                                         .journal = journal_,
                                         .locals = locals_,
                                         .log = log_,
                                         .relays = relays_};
  auto endpoint = std::make_shared<PlayedEndpoint>(around, options, routes);
  return *endpoints_.insert_or_assign(options.name, endpoint).first->second;
}

void RelayWorld::Settle() {
  for (bool more = true; more;) {
    more = false;
    for (const auto& [name, endpoint] : endpoints_) {
      while (endpoint->Step()) more = true;
    }
  }
}

RelayLaneStats RelayWorld::StatsOf(std::string_view from,
                                   std::string_view to) const {
  for (const RelayLaneStats& lane : relays_.Stats()) {
    EXPECT_EQ(lane.in, lane.out + lane.refused + lane.dropped + lane.waiting);
    if (lane.from == from && lane.to == to) return lane;
  }
  return {};
}

std::vector<uint64_t> RelayWorld::RelayedIds(std::string_view origin) const {
  std::vector<uint64_t> ids;
  for (const auto& actor : locals_.All()) {
    const RelayOrigin* of = actor->relayed();
    if (of != nullptr &&
        fmt::format("{} {} {}", *of->endpoint, of->incarnation.value,
                    of->remote.value) == origin) {
      ids.push_back(actor->id().value);
    }
  }
  return ids;
}

std::shared_ptr<SessionSender> RelayWorld::FindMember(
    std::string_view pool, absl::FunctionRef<LocalId()> sender) {
  if (by_sender_) senders_.push_back(sender());
  return FindIncarnation(pool, {});
}

std::shared_ptr<SessionSender> RelayWorld::FindIncarnation(
    std::string_view endpoint, Incarnation) {
  const auto it = endpoints_.find(std::string(endpoint));
  if (it == endpoints_.end()) return nullptr;
  return {it->second, &it->second->sender()};
}

void RelayWorld::EndActor(const std::shared_ptr<LocalActor>& actor,
                          std::string reason) {
  locals_.Remove(actor->id());
  actor->mailbox().Close();
  if (!actor->End(std::move(reason))) return;
  for (const auto& [name, endpoint] : endpoints_) {
    endpoint->sender().EndLocal(actor);
  }
}

}  // namespace thespian::gateway
