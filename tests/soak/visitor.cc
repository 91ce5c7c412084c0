#include "tests/soak/visitor.h"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "tests/soak/pause.h"
#include "tests/support/own_channel.h"

namespace thespian::gateway::soak {
namespace {

// Actors of the demo child that answer whatever they get with one message.
constexpr std::array<std::string_view, 3> kNames = {"echo", "counter",
                                                    "spawner"};
constexpr std::string_view kHello = "\x81\x65hello";
constexpr std::chrono::milliseconds kReplyPatience{300};
constexpr absl::Duration kDeadline = absl::Seconds(30);
constexpr absl::Duration kCallDeadline = absl::Milliseconds(500);
constexpr absl::Duration kClosePatience = absl::Seconds(30);
constexpr int kWatchedEvents = 500;

}  // namespace

Visitor::Visitor(std::string address, uint32_t seed, Tally& tally)
    : address_(std::move(address)), tally_(tally), random_(seed) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Visitor::Run(const std::stop_token& stop) {
  while (Pause(stop, std::chrono::milliseconds(UpTo(100)))) {
    if (!client_.has_value() || UpTo(9) == 0) Connect();
    Visit(stop);
    tally_.NoteVisit();
  }
}

void Visitor::Connect() { client_.emplace(OwnChannel(address_), kDeadline); }

void Visitor::Visit(const std::stop_token& stop) {
  switch (UpTo(9)) {
    case 0:
      return Send();
    case 1:
    case 2:
      return Call();
    case 3:
      return Listen();
    case 4:
      return Watch(stop);
    default:
      return Attend();
  }
}

// --- Attached --------------------------------------------------------------

void Visitor::Attend() {
  Guest guest(tally_);
  const std::unique_ptr<client::Actor> actor = client_->Attach({}, guest);
  if (!guest.AwaitOpened().has_value()) {
    return tally_.NoteFault("a stream did not open");
  }
  Said said;
  for (uint32_t rounds = 1 + UpTo(4); rounds > 0; --rounds) {
    const Said more = SayMuch(*actor, guest);
    said.sends += more.sends;
    said.links += more.links;
    guest.Await(said.sends + said.links, said.sends, kReplyPatience);
  }
  TakeLeave(*actor, guest, said);
}

Visitor::Said Visitor::SayMuch(client::Actor& actor, const Guest& guest) {
  Said said;
  for (uint32_t count = 1 + UpTo(99); count > 0; --count) {
    const std::string_view name = kNames[UpTo(kNames.size() - 1)];
    if (actor
            .SendNamed({.endpoint = "", .name = std::string(name)}, kHello,
                       kSendCommand)
            .ok()) {
      ++said.sends;
    }
  }
  for (const client::RemoteActor& remote : guest.met()) {
    if (actor.Link(remote, kLinkCommand).ok()) ++said.links;
    if (actor.Send(remote, kHello, kSendCommand).ok()) ++said.sends;
  }
  return said;
}

void Visitor::TakeLeave(client::Actor& actor, const Guest& guest,
                        const Said& said) {
  const bool orderly = UpTo(3) > 0;
  if (orderly) {
    const absl::Status status = actor.Close(kClosePatience);
    if (!status.ok()) {
      tally_.NoteFault(
          fmt::format("a stream was closed: {}", MessageOf(status)));
    }
  } else {
    actor.Cancel();
    actor.Close(kClosePatience).IgnoreError();
  }
  // The stream has ended: nothing more is told.
  const uint64_t unanswered = said.sends + said.links - guest.results();
  tally_.NoteUncertain(unanswered);
  if (orderly && unanswered > 0) {
    tally_.NoteFault(fmt::format("{} commands were not answered", unanswered));
  }
  if (!orderly) tally_.NoteMissed(said.sends - guest.deliveries());
}

// --- Not attached ----------------------------------------------------------

void Visitor::Send() {
  for (uint32_t count = 1 + UpTo(30); count > 0; --count) {
    tally_.NoteSent(
        client_->SendNamed({.endpoint = "", .name = "counter"}, kHello)
            .status());
  }
}

void Visitor::Call() {
  for (uint32_t count = 1 + UpTo(30); count > 0; --count) {
    const absl::StatusOr<client::Reply> reply =
        UpTo(1) == 0
            ? client_->CallNamed({.endpoint = "", .name = "echo"}, kHello,
                                 kCallDeadline)
            : client_->Call({.endpoint = "", .id = {1}, .incarnation = {}},
                            kHello, kCallDeadline);
    if (reply.ok()) {
      tally_.NoteSent(absl::OkStatus());
      tally_.NoteSeen(1);
      if (reply->payload != kHello) tally_.NoteFault("an echo is another");
    } else {
      tally_.NoteUncertain(1);
      tally_.NoteMissed(1);
    }
  }
}

void Visitor::Listen() {
  Guest guest(tally_);
  const std::unique_ptr<client::Listener> listener = client_->Listen({}, guest);
  const std::optional<client::Speaker> speaker = guest.AwaitOpened();
  if (!speaker.has_value()) return tally_.NoteFault("a stream did not open");
  uint64_t sends = 0;
  for (uint32_t count = 1 + UpTo(20); count > 0; --count) {
    const absl::Status status =
        client_->SendNamed({.endpoint = "", .name = "echo"}, kHello, *speaker)
            .status();
    tally_.NoteSent(status);
    ++sends;
  }
  guest.Await(0, sends, kReplyPatience);
  listener->Cancel();
  listener->Wait().IgnoreError();  // the guest has judged it
  tally_.NoteMissed(sends - guest.deliveries());
}

void Visitor::Watch(const std::stop_token& stop) {
  const std::unique_ptr<client::Watch> watch = client_->WatchProxies({});
  const std::stop_callback cancel(stop, [&watch] { watch->Cancel(); });
  v1::ProxyEvent event;
  uint64_t sequence = 0;
  for (int i = 0; i < kWatchedEvents && watch->Next(event); ++i) {
    if (event.sequence() < sequence) tally_.NoteFault("a sequence fell");
    sequence = event.sequence();
  }
}

}  // namespace thespian::gateway::soak
