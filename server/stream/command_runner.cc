#include "server/stream/command_runner.h"

#include <algorithm>
#include <utility>

#include "endpoint/error.h"
#include "server/codec/payload.h"
#include "server/codec/raw_message.h"
#include "server/stream/access_of.h"

namespace thespian::gateway {
namespace {

bool IsFull(const absl::Status& status) {
  return ReasonOf(status) == ErrorReason::kQueueFull;
}

// Nobody hears it: the stream of an actor that has ended is ending, too.
absl::Status EndedError() {
  return MakeError(ErrorReason::kActorNotYours, "the actor has ended");
}

}  // namespace

CommandRunner::CommandRunner(Gateway& gateway, CommandHost& host,
                             const Caller& caller)
    : gateway_(gateway), host_(host), caller_(caller) {}

void CommandRunner::Report(const Pending& pending, const absl::Status& status,
                           size_t written) {
  const std::vector<uint64_t>& ids = pending.command_ids;
  for (size_t i = 0; i < ids.size(); ++i) {
    host_.OnResult(ids[i], i < written ? absl::OkStatus() : status);
  }
  in_flight_ -= ids.size();
  host_.OnResultsGiven();
}

void CommandRunner::Run(CommandReader& commands) {
  commands_ = &commands;
  has_command_ = false;
  Continue();
}

CommandReader::Step CommandRunner::Advance() {
  if (has_command_) return CommandReader::Step::kCommand;
  const CommandReader::Step step = commands_->Advance();
  has_command_ = step == CommandReader::Step::kCommand;
  return step;
}

void CommandRunner::Continue() {
  const LocalId from = host_.Sender()->id();
  CommandReader::Step next = Advance();
  for (; next == CommandReader::Step::kCommand; next = Advance()) {
    if (!host_.WantsMore()) {
      if (!Flush()) return WaitForRoom();
      return host_.OnPaused();
    }
    switch (Do(commands_->command(), from)) {
      case Step::kDone:
        has_command_ = false;
        break;
      case Step::kLimited:
        has_command_ = false;
        if (!Flush()) return WaitForRoom();
        host_.OnResultsGiven();
        return host_.OnLimited();
      case Step::kNoRoom:
        return WaitForRoom();
      case Step::kViolation:
        return;
    }
  }
  if (!Flush()) return WaitForRoom();
  if (next == CommandReader::Step::kUnreadable) {
    return host_.OnViolation(UnreadableError());
  }
  host_.OnResultsGiven();
  host_.OnRequestTaken();
}

void CommandRunner::WaitForRoom() {
  host_.OnResultsGiven();  // of what failed so far
  // A client that leaves meanwhile is not kept.
  full_->sender().WhenRoom([this, host = std::weak_ptr(host_.Sender())] {
    if (const auto keep = host.lock()) host_.OnRoom();
  });
}

CommandRunner::Step CommandRunner::Do(const CommandReader::Command& command,
                                      LocalId from) {
  if (const auto* send = std::get_if<PlainSend>(&command)) {
    return Send(*send, from, /*payload=*/nullptr);
  }
  return DoOther(*std::get<const v1::ActorCommand*>(command), from);
}

CommandRunner::Step CommandRunner::DoOther(const v1::ActorCommand& command,
                                           LocalId from) {
  const uint64_t id = command.command_id();
  switch (command.command_case()) {
    case v1::ActorCommand::kSend: {
      const auto& send = command.send();
      return Send({.command_id = id,
                   .endpoint = send.endpoint(),
                   .to = RemoteId{send.to_id()},
                   .incarnation = {send.incarnation()}},
                  from, &send.payload());
    }
    case v1::ActorCommand::kSendNamed: {
      const auto& send = command.send_named();
      return Send({.command_id = id,
                   .endpoint = send.endpoint(),
                   .to = std::string_view(send.to_name())},
                  from, &send.payload());
    }
    case v1::ActorCommand::kLink:
      return Link(id, command.link());
    case v1::ActorCommand::kOpen:
      if (!Flush()) return Step::kNoRoom;
      host_.OnViolation(MakeFieldError(ErrorReason::kAttachProtocol,
                                       "commands.open",
                                       "open must come once, and first"));
      return Step::kViolation;
    case v1::ActorCommand::COMMAND_NOT_SET:
      break;
  }
  return Answer(id,
                MakeFieldError(ErrorReason::kFieldInvalid, "commands.command",
                               "the command is missing or unknown"));
}

CommandRunner::Step CommandRunner::Answer(uint64_t command_id,
                                          const absl::Status& status) {
  host_.OnResult(command_id, status);
  return Step::kDone;
}

CommandRunner::Step CommandRunner::Send(const PlainSend& send, LocalId from,
                                        const v1::Payload* payload) {
  const AccessRequest access = AccessOfCommand(send.endpoint, send.to);
  absl::Status status = Ask(gateway_, caller_, access);
  if (!status.ok()) return Answer(send.command_id, status);
  const absl::StatusOr<EndpointHandle> endpoint = gateway_.FindEndpoint(
      send.endpoint, {.sender = from,
                      .one = std::holds_alternative<RemoteId>(send.to),
                      .incarnation = send.incarnation});
  if (!endpoint.ok()) return Answer(send.command_id, endpoint.status());
  if (pending_ != nullptr && (pending_->endpoint != *endpoint ||
                              pending_->batch.bytes() >= kFullBatchBytes)) {
    if (!Flush()) return Step::kNoRoom;
  }
  Outgoing message = {.from = from,
                      .to = send.to,
                      .incarnation = send.incarnation,
                      .payload = send.cbor,
                      .attached = true};
  if (payload != nullptr) {
    const absl::StatusOr<std::string_view> cbor =
        CborOf(*payload, json_as_cbor_);
    if (!cbor.ok()) return Answer(send.command_id, cbor.status());
    message.payload = *cbor;
  }
  status = AskControl(gateway_, caller_, access, message.payload);
  if (!status.ok()) return Answer(send.command_id, status);
  status = caller_.Take(access.method, Rate::kMessages);
  if (!status.ok()) {
    Answer(send.command_id, status);
    return Step::kLimited;
  }
  if (pending_ == nullptr) BeginBatch(*endpoint, from);
  status = (*endpoint)->sender().Add(message, pending_->batch);
  if (!status.ok()) return Answer(send.command_id, status);
  pending_->command_ids.push_back(send.command_id);
  ++in_flight_;
  return Step::kDone;
}

// With room for what is probably to come.
void CommandRunner::BeginBatch(EndpointHandle endpoint, LocalId from) {
  constexpr size_t kMostExpected = 256;
  const size_t expected = std::min(kMostExpected, commands_->LikelyLeft());
  pending_ =
      std::make_shared<Pending>(Pending{.runner = *this,
                                        .endpoint = std::move(endpoint),
                                        .batch = FrameBatch(from, expected)});
  pending_->command_ids.reserve(expected);
}

CommandRunner::Step CommandRunner::Link(uint64_t command_id,
                                        const v1::ActorCommand::Link& link) {
  if (!Flush()) return Step::kNoRoom;  // what was said before goes first
  absl::Status status =
      Ask(gateway_, caller_,
          AccessOfCommand(link.endpoint(), RemoteId{link.remote_id()}));
  if (!status.ok()) return Answer(command_id, status);
  const absl::StatusOr<EndpointHandle> endpoint =
      gateway_.FindOneEndpoint(link.endpoint(), {link.incarnation()});
  if (!endpoint.ok()) return Answer(command_id, endpoint.status());
  const std::shared_ptr<LocalActor> actor = host_.Sender();
  const Gateway::ActorUse use(gateway_, actor, **endpoint);
  if (!use.allowed()) return Answer(command_id, EndedError());
  status = (*endpoint)->sender().Link(actor, {link.remote_id()},
                                      {link.incarnation()});
  if (IsFull(status)) {
    full_ = *endpoint;
    return Step::kNoRoom;
  }
  return Answer(command_id, status);
}

bool CommandRunner::Flush() {
  const std::shared_ptr<Pending> pending = std::move(pending_);
  if (pending == nullptr || pending->batch.empty()) return true;
  const Gateway::ActorUse use(gateway_, host_.Sender(), *pending->endpoint);
  if (!use.allowed()) {
    Report(*pending, EndedError(), 0);
    return true;
  }
  pending->speaker = host_.Sender();
  FrameWriter::Done done = [pending](const absl::Status& status,
                                     size_t written) {
    // A client that has left is not kept for frames that wait.
    if (const auto keep = pending->speaker.lock()) {
      pending->runner.Report(*pending, status, written);
    }
  };
  const absl::StatusOr<SessionSender::Submitted> submitted =
      pending->endpoint->sender().Submit(pending->batch, done);
  if (IsFull(submitted.status())) {
    full_ = pending->endpoint;
    pending_ = pending;
    return false;
  }
  if (!submitted.ok()) {
    Report(*pending, submitted.status(), 0);
  } else if (submitted->outcome.waits()) {
    // Nothing is kept of it but the commands' ids.
    pending->batch = FrameBatch(LocalId{});
  } else {
    Report(*pending, submitted->outcome.status, submitted->outcome.frames);
  }
  return true;
}

}  // namespace thespian::gateway
