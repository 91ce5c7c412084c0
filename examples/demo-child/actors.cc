#include "examples/demo-child/actors.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "examples/demo-child/payload.h"

namespace thespian::gateway::demo {
namespace {

constexpr uint64_t kMaxExitCode = 255;

void Reply(const Letter& letter, Stage& stage, std::string_view payload) {
  Outbox& outbox = stage.outbox();
  if (outbox.Send(letter.to, letter.from, payload)) return;
  outbox.Send(letter.to, letter.from,
              EncodeList("error", "the answer does not fit into a frame"));
}

// The reason of ["exit", reason] or ["exit"].
Actor::End ReadExit(const Command& command) {
  if (!command.argument) return "normal";
  return Actor::End(command.Text());
}

void ExitProcess(const Letter& letter, Stage& stage, const Command& command) {
  const std::optional<uint64_t> code = command.Number();
  if (code && *code <= kMaxExitCode) _exit(static_cast<int>(*code));
  Refuse(letter, stage, "the exit code must be a number from 0 to 255");
}

void WriteToStderr(const Letter& letter, Stage& stage, const Command& command) {
  const std::optional<std::string_view> text = command.Text();
  if (!text) return Refuse(letter, stage, "there is no text to write");
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text->size()), text->data());
}

}  // namespace

void Refuse(const Letter& letter, Stage& stage, std::string_view text) {
  Reply(letter, stage, EncodeList("error", text));
}

Actor::End Echo::Receive(const Letter& letter, Stage& stage) {
  Reply(letter, stage, letter.payload);
  return std::nullopt;
}

Actor::End Counter::Receive(const Letter& letter, Stage& stage) {
  const std::optional<Command> command = ReadCommand(letter.payload);
  const bool reset = command && command->word == "reset" && !command->argument;
  count_ = reset ? 0 : count_ + 1;
  Reply(letter, stage, EncodeList("count", count_));
  return std::nullopt;
}

Actor::End Spawner::Receive(const Letter& letter, Stage& stage) {
  const std::optional<ActorId> id = stage.Enter(std::make_unique<Spawned>());
  if (id) {
    stage.outbox().Send(*id, letter.from, EncodeList("hello", id->value));
  } else {
    Refuse(letter, stage, "there are too many actors");
  }
  return std::nullopt;
}

Actor::End Spawned::Receive(const Letter& letter, Stage& stage) {
  const std::optional<Command> command = ReadCommand(letter.payload);
  if (!command || command->word != "exit") {
    Reply(letter, stage, letter.payload);
    return std::nullopt;
  }
  End end = ReadExit(*command);
  if (!end) Refuse(letter, stage, "the reason of an exit must be a text");
  return end;
}

Actor::End Crash::Receive(const Letter& letter, Stage& stage) {
  const std::optional<Command> command = ReadCommand(letter.payload);
  const std::string_view word = command ? command->word : "";
  if (word == "exit") {
    End end = ReadExit(*command);
    if (!end) Refuse(letter, stage, "the reason of an exit must be a text");
    return end;
  }
  if (word == "abort") std::abort();
  if (word == "exit_process") {
    ExitProcess(letter, stage, *command);
  } else if (word == "stderr") {
    WriteToStderr(letter, stage, *command);
  } else {
    Refuse(letter, stage,
           "crash understands exit, abort, exit_process and stderr");
  }
  return std::nullopt;
}

}  // namespace thespian::gateway::demo
