#include "tests/fuzz/endpoint_script.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/time.h"
#include "endpoint/check.h"
#include "endpoint/error.h"
#include "endpoint/wire/message.h"
#include "tests/support/frames.h"

namespace thespian::gateway {
namespace {

constexpr uint8_t kMostRemotes = 6;
constexpr size_t kFrameLimits[] = {4'096, 40};
constexpr size_t kProxyLimits[] = {0, 1, 3};
constexpr size_t kQueueLimits[] = {1u << 20, 1'200, 3'000};
constexpr std::string_view kNames[] = {"", "a", "b"};
// Arrays that are no messages: skipped.
constexpr std::string_view kStrange[] = {"\x80", "\x81\x65other"};
// Of the sink, from one room to the next.
constexpr size_t kRooms[] = {FakeTransport::kAll, 0, 1, 7, 100};
// Items that are payloads for any child.
constexpr std::string_view kPayloads[] = {"\x01", "\x80", "\x65hello",
                                          "\x82\x01\x61x", "\xa1\x61k\xf6"};

}  // namespace

EndpointScript::EndpointScript(ByteScript& script)
    : script_(script),
      max_frame_bytes_(script.OneOf(kFrameLimits)),
      max_proxies_(script.OneOf(kProxyLimits)),
      writer_(
          sink_,
          [&script]() -> FrameWriter::Limits {
            const size_t high = script.OneOf(kQueueLimits);
            return {.high_bytes = high, .low_bytes = high / 2};
          }(),
          write_stats_,
          [this](std::string_view frames) {
            recorder_.NoteSent(kIncarnation, clock_.Now(), frames);
          }),
      dispatcher_({.clock = clock_,
                   .log = log_,
                   .journal = journal_,
                   .locals = locals_,
                   .remotes = remotes_,
                   .held = held_,
                   .writer = writer_,
                   .stats = inbound_,
                   .max_proxies = max_proxies_,
                   .strict = script.UpTo(7) == 7},
                  name_, kIncarnation),
      decoder_(max_frame_bytes_) {
  if (script.Coin()) wish_.emplace(journal_);
  sink_.on_await_room = [this] { awaiting_room_ = true; };
}

void EndpointScript::Run() {
  while (open_ && !script_.empty()) {
    Step();
    CheckPipe();
  }
  if (open_) Settle();
  EndTransport();
  CheckEnd();
}

void EndpointScript::Step() {
  clock_.Advance(std::chrono::milliseconds(10));
  switch (script_.UpTo(15)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return SayMessage();
    case 4:
      return SayOther();
    case 5:
    case 6:
      return Read();
    case 7:
      return Open();
    case 8:
      return Leave();
    case 9:
    case 10:
      return Send();
    case 11:
      return Link();
    case 12:
      return Turn();
    case 13:
      return MakeRoom();
    case 14:
      return Release();
    default:
      return Withdraw();
  }
}

// --- The child -------------------------------------------------------------

void EndpointScript::SayMessage() {
  const WriterId remote{AnyRemote().value};
  const ReaderId local{script_.UpTo(kMostClients)};
  switch (script_.UpTo(8)) {
    case 0:
    case 1:
    case 2:
    case 3:
      AppendFrame(SendMessage{remote, local, AnyPayload()}, output_);
      return;
    case 4:
    case 5:
      AppendFrame(SendNamedMessage{remote, AnyName(), AnyPayload()}, output_);
      return;
    case 6:
    case 7:
      AppendFrame(LinkMessage{remote, local}, output_);
      return;
    default:
      AppendFrame(ExitMessage{remote, script_.Text()}, output_);
  }
}

// What ends the stream is rare, for nothing comes after it.
void EndpointScript::SayOther() {
  switch (script_.UpTo(31)) {
    case 29:
      output_ += script_.Text();
      return;
    case 30:
      output_ += FrameOf(script_.Text());
      return;
    case 31:
      AppendFrame(TransportErrorMessage{script_.Text()}, output_);
      return;
    default:
      output_ += FrameOf(script_.OneOf(kStrange));
  }
}

void EndpointScript::Read() {
  const size_t most = script_.Coin() ? output_.size() : script_.UpTo(UINT8_MAX);
  const std::string bytes = output_.substr(0, most);
  output_.erase(0, bytes.size());
  OnOutput(bytes);
}

// As Session::OnBytes.
void EndpointScript::OnOutput(std::string_view bytes) {
  output_bytes_ += bytes.size();
  dispatcher_.CountBytes(bytes.size());
  const absl::Status status = decoder_.Feed(
      bytes,
      [this](std::string_view content) {
        recorder_.NoteReceived(kIncarnation, clock_.Now(), content);
        return OnFrame(content);
      },
      [this](uint64_t size) {
        ++output_frames_;
        return dispatcher_.OnSkippedFrame(size);
      });
  Flush();
  if (!status.ok() || dispatcher_.goodbye().has_value()) EndTransport();
}

absl::Status EndpointScript::OnFrame(std::string_view content) {
  const bool after_the_end = dispatcher_.goodbye().has_value();
  if (!after_the_end) ++output_frames_;
  absl::Status status = dispatcher_.OnFrame(content, clock_.Now());
  Check(status.ok() || !after_the_end, "nothing is heard after the goodbye");
  return status;
}

// As Session::End.
void EndpointScript::EndTransport() {
  if (!std::exchange(open_, false)) return;
  writer_.Close(MakeError(ErrorReason::kEndpointDown, "the end"));
  dispatcher_.CloseAll();
  Flush();
}

// --- The loop, and the pipe ------------------------------------------------

// Also lets a client read.
void EndpointScript::Turn() {
  if (!posted_.empty()) {
    const std::function<void()> task = std::move(posted_.front());
    posted_.pop_front();
    task();
    Flush();
  }
  const std::shared_ptr<Client> client = AnyClient();
  if (client != nullptr) TakeMail(*client);
}

void EndpointScript::MakeRoom() {
  sink_.Usually(script_.OneOf(kRooms));
  // Rare, for nothing is written after it.
  if (script_.UpTo(31) == 31) sink_.Next(absl::UnavailableError("EPIPE"));
  if (std::exchange(awaiting_room_, false)) writer_.OnWritable();
}

void EndpointScript::Release() {
  if (script_.Coin()) {
    const RemoteId remote = AnyRemote();
    const bool live = remotes_.IsLive(remote);
    Check(dispatcher_.Release(remote, "released") == live,
          "a live proxy is released");
  } else {
    dispatcher_.ReleaseIdle(clock_.Now() -
                            absl::Milliseconds(10 * script_.UpTo(30)));
  }
  Flush();
}

// --- What the script chooses -----------------------------------------------

// A live one; null: none, or the one before the first.
std::shared_ptr<EndpointScript::Client> EndpointScript::AnyClient() {
  const size_t choice = script_.UpTo(kMostClients);
  if (choice >= clients_.size() || !clients_[choice]->live) return nullptr;
  return clients_[choice];
}

RemoteId EndpointScript::AnyRemote() { return {script_.UpTo(kMostRemotes)}; }

std::string_view EndpointScript::AnyName() { return script_.OneOf(kNames); }

std::string_view EndpointScript::AnyPayload() {
  return script_.OneOf(kPayloads);
}

}  // namespace thespian::gateway
