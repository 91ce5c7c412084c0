#include "endpoint/session/session.h"

#include <utility>

#include "absl/time/time.h"
#include "endpoint/error.h"
#include "endpoint/log_fields.h"
#include "fmt/format.h"

namespace thespian::gateway {

Session::Session(Incarnation incarnation, std::shared_ptr<Transport> transport,
                 SessionEvents& events, const Deps& deps)
    : incarnation_(incarnation),
      deps_(deps),
      events_(events),
      written_before_(deps.stats.outbound.messages.Get().written),
      transport_(std::move(transport)),
      held_(deps.clock, deps.facts.options.exit_linger, kMostHeldExits),
      writer_(*transport_, deps.facts.queue_limits, deps.stats.outbound,
              [this](std::string_view frames) {
                deps_.recorder.NoteSent(incarnation_, deps_.clock.Now(),
                                        frames);
              }),
      dispatcher_({.clock = deps.clock,
                   .log = deps.log,
                   .journal = deps.journal,
                   .locals = deps.locals,
                   .remotes = remotes_,
                   .held = held_,
                   .writer = writer_,
                   .stats = deps.stats.inbound,
                   .dialect = deps.facts.dialect,
                   .max_proxies = deps.facts.options.max_proxies,
                   .strict = deps.facts.options.strict_protocol,
                   .relay = deps.relay,
                   .group = deps.facts.group},
                  deps.facts.name, incarnation),
      decoder_(deps.facts.options.max_frame_bytes) {}

// --- It begins -------------------------------------------------------------

void Session::Open() {
  reading_ = true;
  transport_->Open(*this);
}

void Session::OnOpened() { events_.OnSessionOpened(); }

// --- It goes on ------------------------------------------------------------

void Session::OnBytes(std::string_view bytes) {
  if (!live_) return;  // read, so that the peer can end
  dispatcher_.CountBytes(bytes.size());
  const absl::Time now = deps_.clock.Now();
  const absl::Status status = decoder_.Feed(
      bytes,
      [this, now](std::string_view content) {
        deps_.recorder.NoteReceived(incarnation_, now, content);
        return dispatcher_.OnFrame(content, now);
      },
      [this](uint64_t size) { return dispatcher_.OnSkippedFrame(size); });
  dispatcher_.Flush();
  if (!status.ok()) {
    events_.OnSessionFailed(status);
  } else if (dispatcher_.goodbye().has_value()) {
    events_.OnSessionGoodbye(*dispatcher_.goodbye());
  }
}

void Session::OnWritable() { writer_.OnWritable(); }

void Session::OnInputClosed() { events_.OnSessionInputClosed(); }

// --- It ends ---------------------------------------------------------------

void Session::Drain() { transport_->Drain(); }

void Session::OnEnded() {
  reading_ = false;
  events_.OnSessionEnded(decoder_.Finish());
}

absl::Status Session::InputClosedError(std::string_view why) const {
  return MakeError(ErrorReason::kEndpointDown,
                   fmt::format("endpoint '{}' takes no messages: {}",
                               *deps_.facts.name, why));
}

void Session::CloseInput(std::string_view why) {
  writer_.Close(InputClosedError(why));
}

// Nobody is there yet or any more, or it has said its own goodbye.
void Session::Leave(std::string_view reason, std::string_view why) {
  if (!reading_ || !live_ || dispatcher_.goodbye().has_value()) {
    return CloseInput(why);
  }
  dispatcher_.Leave(reason, InputClosedError(why));
}

void Session::End(std::string_view why) {
  live_ = false;
  CloseInput(why);
  dispatcher_.CloseAll();
  dispatcher_.Flush();
}

// A thespian process that is written to in the wrong form ends with its first
// message, and never says anything.
std::vector<std::string> Session::EndHints(int code) const {
  std::vector<std::string> hints = dispatcher_.hints();
  const uint64_t written =
      deps_.stats.outbound.messages.Get().written - written_before_;
  if (code == 0 || written == 0 || dispatcher_.frames() > 0) return hints;
  const DialectRow& dialect = deps_.facts.dialect;
  std::string hint = fmt::format(
      "the child ended before it said anything, after {} messages to it: with "
      "--dialect {} ids are written {}; a thespian process ends at the first "
      "id in another form",
      written, dialect.name,
      dialect.ids == IdForm::kTagged ? "with tags" : "as integers");
  const LogScope scope(
      {.endpoint = *deps_.facts.name, .incarnation = incarnation_});
  deps_.log.warn("endpoint {}: {}", *deps_.facts.name, hint);
  hints.push_back(std::move(hint));
  return hints;
}

}  // namespace thespian::gateway
