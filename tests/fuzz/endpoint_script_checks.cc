// What must hold of an endpoint, whatever the script.
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "endpoint/check.h"
#include "endpoint/session/reasons.h"
#include "endpoint/wire/message.h"
#include "endpoint/wire/text.h"
#include "tests/fuzz/endpoint_script.h"
#include "tests/support/decode_stream.h"

namespace thespian::gateway {
namespace {

void CheckTally(const FrameStats& tally) {
  Check(tally.written + tally.dropped + tally.waiting == tally.taken,
        "every frame that was taken is accounted for");
  Check(tally.withdrawn <= tally.dropped, "withdrawn frames are dropped");
}

// Reads what a child was written, and keeps who has spoken and not ended yet.
class Audience {
 public:
  void Hear(const Message& message) { std::visit(Ear{*this}, message); }
  const std::set<LocalId>& present() const { return present_; }

 private:
  struct Ear {
    Audience& audience;

    void operator()(const SendMessage& m) const { audience.Meet(m.from); }
    void operator()(const SendNamedMessage& m) const { audience.Meet(m.from); }
    void operator()(const LinkMessage& m) const { audience.Meet(m.local); }
    void operator()(const ExitMessage& m) const {
      const LocalId local{m.local.value};
      audience.present_.erase(local);
      // An answer for an id that is nobody's says nothing of a later actor.
      if (m.reason != kNoSuchActorReason) {
        Check(audience.gone_.insert(local).second, "an end is told once");
      }
    }
    void operator()(const TransportErrorMessage&) const {
      Check(false, "the gateway does not give up a stream by itself");
    }
    void operator()(const Unrecognized&) const {
      Check(false, "the gateway writes what the protocol knows");
    }
  };

  void Meet(WriterId writer) {
    const LocalId local{writer.value};
    if (local.value == 0) return;
    Check(!gone_.contains(local), "nobody speaks after the end");
    present_.insert(local);
  }

  std::set<LocalId> present_;
  std::set<LocalId> gone_;
};

}  // namespace

// As the loop does after everything it has done.
void EndpointScript::Flush() {
  dispatcher_.Flush();
  for (const ProxyEvent& event : reader_.Read()) ledger_.Take(event);
  CheckStats();
}

void EndpointScript::CheckStats() {
  const InboundStats tally = inbound_.Get();
  uint64_t undeliverable = 0;
  for (const auto& [why, count] : tally.undeliverable) undeliverable += count;
  Check(tally.received == tally.delivered + undeliverable,
        "every message is delivered or not");
  Check(tally.delivered == ledger_.received() &&
            undeliverable == ledger_.undeliverable() &&
            tally.skipped == ledger_.rejected(),
        "what is counted is told");
  Check(tally.frames == output_frames_ && tally.bytes == output_bytes_,
        "what is read is counted");
  Check(tally.proxies_created == ledger_.created() &&
            tally.proxies_closed == ledger_.closed() &&
            ledger_.live() == remotes_.live(),
        "proxies that were created are live or closed");
  Check(max_proxies_ == 0 || remotes_.live() <= max_proxies_,
        "no more proxies live than may");
  for (const std::shared_ptr<Client>& client : clients_) {
    Check(client->woken || client->mailbox().depth() == 0,
          "whoever has mail is woken");
  }
}

void EndpointScript::CheckPipe() {
  CheckTally(writer_.stats().messages);
  CheckTally(writer_.stats().controls);
  Check(writer_.stats().messages.taken == messages_sent_,
        "every message is taken");
  const bool waits =
      writer_.stats().messages.waiting + writer_.stats().controls.waiting > 0;
  Check(!waits || awaiting_room_, "what waits is not forgotten");
  Check(waits == (writer_.queued_bytes() > 0), "what waits has its bytes");
  Check(writer_.written_bytes() == sink_.bytes().size(),
        "what is written is counted");
}

void EndpointScript::Settle() {
  while (!posted_.empty()) {
    const std::function<void()> task = std::move(posted_.front());
    posted_.pop_front();
    task();
    Flush();
  }
  sink_.Usually(FakeTransport::kAll);
  if (std::exchange(awaiting_room_, false)) writer_.OnWritable();
  CheckPipe();
  if (sink_.closes() > 0) return;  // the child has closed its stdin
  Check(writer_.queued_bytes() == 0, "with room nothing waits");
  CheckWritten();
}

// The child's view of it, while its stdin is whole.
void EndpointScript::CheckWritten() {
  const Decoded decoded = DecodeStream({sink_.bytes()}, sink_.bytes().size());
  Check(decoded.end.ok(), "frames are written as a whole");
  Audience audience;
  for (const std::string& content : decoded.frames) {
    const absl::StatusOr<Message> message = DecodeMessage(content);
    Check(message.ok(), "frames are well-formed");
    audience.Hear(*message);
  }
  for (const std::shared_ptr<Client>& client : clients_) {
    Check(client->live || !audience.present().contains(client->id()),
          "the child is told of the end of whoever it knows");
  }
}

void EndpointScript::CheckEnd() {
  Check(ledger_.live() == 0 && ledger_.links() == 0,
        "every proxy and every link has ended");
  CheckPipe();
  Check(sink_.closes() == 1, "the child's stdin is closed once");
  const Decoded decoded = DecodeStream({sink_.bytes()}, sink_.bytes().size());
  const FrameStats messages = writer_.stats().messages;
  const FrameStats controls = writer_.stats().controls;
  Check(decoded.status.ok() &&
            decoded.frames.size() == messages.written + controls.written,
        "what was written was written as a whole");
  Check(decoded.end.ok() || messages.dropped + controls.dropped > 0,
        "a frame that was cut off is dropped");
  Check(messages.waiting + controls.waiting == 0, "nothing waits for nobody");
  size_t written = 0;
  for (const Batch& batch : batches_) {
    Check(batch.told == 1, "each sender is told once");
    written += batch.written;
  }
  Check(written == messages.written, "each sender is told the truth");
  uint64_t deliveries = 0;
  for (const std::shared_ptr<Client>& client : clients_) {
    TakeMail(*client);
    deliveries += client->deliveries;
  }
  Check(deliveries == inbound_.Get().delivered, "what is delivered is there");
  for (const RecordedFrame& frame : recorder_.Frames()) {
    Check(IsUtf8(frame.text), "the flight record can be shown");
  }
}

}  // namespace thespian::gateway
