#include "clients/cli/check/life_checks.h"

#include <string>
#include <string_view>

#include "clients/cli/check/child_checks.h"
#include "endpoint/json/cbor_append.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

using Kind = Received::Kind;

// No child has got so far with its ids.
constexpr uint64_t kUnknownId = 7'777'777'777;
constexpr char kUnknownName[] = "check-child's name that nobody has";
constexpr char kReason[] = "checked";

std::string Words(std::string_view first, std::string_view second = "") {
  std::string payload = CborHead(MajorType::kArray, second.empty() ? 1 : 2);
  AppendString(MajorType::kText, first, payload);
  if (!second.empty()) AppendString(MajorType::kText, second, payload);
  return payload;
}

// Whether it still answers, somebody new.
absl::Status LivesOn(CheckedChild& child) {
  return child.AskName(child.FreshId(), NumberedPayload(4)).status();
}

absl::StatusOr<Received> AwaitExitBriefly(CheckedChild& child, uint64_t id) {
  return child.AwaitBriefly([id](const Received& received) {
    return received.kind == Kind::kExit && received.first == id;
  });
}

// After a message that it may ignore.
Finding JudgeLife(CheckedChild& child, std::string_view after,
                  std::string_view hint) {
  const absl::Status status = LivesOn(child);
  if (status.ok()) return Pass(fmt::format("it lives on after {}", after));
  return Fail(fmt::format("after {}: {}", after, child.Explain(status)),
              std::string(hint));
}

// Nothing has come after ["exit", reason]: whether the actor is there.
Finding JudgeSilentActor(CheckedChild& child, uint64_t actor) {
  const uint64_t from = child.FreshId();
  (void)child.Say(SendMessage{{from}, {actor}, NumberedPayload(5)});
  if (child.AwaitAnswer(from).ok()) {
    return CantTell(
        "the actor lives on and says nothing to [\"exit\", "
        "reason]: no way to end it is known");
  }
  return Fail(fmt::format("a linked actor, {}, is gone after [\"exit\", "
                          "reason], and no exit told so",
                          actor),
              "write [\"exit\", id, reason] when an actor ends");
}

}  // namespace

Finding CheckUnknownId(CheckedChild& child, Facts& /*facts*/) {
  (void)child.Say(
      SendMessage{{child.FreshId()}, {kUnknownId}, NumberedPayload(6)});
  return JudgeLife(child, "a message to an unknown id",
                   "ignore it, or answer [\"exit\", that id, "
                   "\"no_such_actor\"]");
}

Finding CheckUnknownName(CheckedChild& child, Facts& /*facts*/) {
  (void)child.Say(
      SendNamedMessage{{child.FreshId()}, kUnknownName, NumberedPayload(7)});
  return JudgeLife(child, "a message to an unknown name",
                   "ignore a message to a name that nobody has");
}

Finding CheckUnknownLink(CheckedChild& child, Facts& /*facts*/) {
  (void)child.Say(LinkMessage{{child.FreshId()}, {kUnknownId}});
  const absl::Status status = LivesOn(child);
  constexpr char kHint[] =
      "answer [\"link\", from, id], if it has no actor of that id, with "
      "[\"exit\", id, \"no_such_actor\"]";
  if (!status.ok()) {
    return Fail(
        fmt::format("after a link to an unknown id: {}", child.Explain(status)),
        kHint);
  }
  const absl::StatusOr<Received> exit = AwaitExitBriefly(child, kUnknownId);
  if (exit.ok()) {
    return Pass(fmt::format("it is answered by exit \"{}\"", exit->text));
  }
  if (child.row().is_thespian) {
    return Pass("it is not answered, as thespian does not");
  }
  return Fail(
      "it is not answered: who links to an actor that has ended waits "
      "for ever",
      kHint);
}

Finding CheckPeerExit(CheckedChild& child, Facts& facts) {
  const uint64_t from = child.FreshId();
  (void)child.Say(SendMessage{{from}, {facts.actor}, NumberedPayload(8)});
  (void)child.AwaitAnswer(from);
  (void)child.Say(ExitMessage{{from}, kReason});
  return JudgeLife(child, "the exit of an actor that it has answered",
                   "forget the id of [\"exit\", id, reason], and go on");
}

Finding CheckNobody(CheckedChild& child, Facts& facts) {
  if (child.row().is_thespian) {
    return CantTell("a thespian process is sent no message from nobody");
  }
  child.UseId(0);
  (void)child.Say(SendMessage{{0}, {facts.actor}, NumberedPayload(9)});
  const absl::Status status = LivesOn(child);
  if (!status.ok()) {
    return Fail(fmt::format("after a message from nobody (id 0): {}",
                            child.Explain(status)),
                "a message from id 0 is anonymous: handle it, answer nothing");
  }
  const absl::StatusOr<Received> answer =
      child.AwaitBriefly([](const Received& received) {
        return received.kind == Kind::kSend && received.second == 0;
      });
  if (!answer.ok()) return Pass("a message from nobody is not answered");
  return Fail("a message from nobody is answered, to id 0",
              "a message from id 0 is anonymous: answer nothing");
}

Finding CheckOwnExit(CheckedChild& child, Facts& facts) {
  const uint64_t from = child.FreshId();
  (void)child.Say(LinkMessage{{from}, {facts.actor}});
  for (const std::string& payload : {Words("exit", kReason), Words("exit")}) {
    (void)child.Say(SendMessage{{from}, {facts.actor}, payload});
    const absl::StatusOr<Received> received =
        child.Await([&](const Received& each) {
          return each.kind == Kind::kExit
                     ? each.first == facts.actor
                     : each.kind == Kind::kSend && each.second == from;
        });
    if (absl::IsDeadlineExceeded(received.status())) {
      return JudgeSilentActor(child, facts.actor);
    }
    if (!received.ok()) {
      return Fail(fmt::format("after a link and [\"exit\", reason]: {}",
                              child.Explain(received.status())),
                  "the end of one actor must not end the process");
    }
    if (received->kind == Kind::kExit) {
      return Pass(
          fmt::format("the end of a linked actor is told, with the "
                      "reason \"{}\"",
                      received->text));
    }
  }
  return CantTell(
      "the actor answers [\"exit\", reason] and lives on: no way "
      "to end it is known");
}

Finding CheckEnd(CheckedChild& child, Facts& /*facts*/) {
  constexpr char kHint[] =
      "when a read of stdin returns nothing, end with exit code 0";
  child.CloseStdin();
  const absl::StatusOr<ChildEnd> end = child.AwaitEnd();
  if (!end.ok()) {
    return Fail("it goes on after the end of its stdin, and must be killed",
                kHint);
  }
  if (!end->ok()) {
    return Fail(
        fmt::format("at the end of its stdin it ends with {}", end->text()),
        kHint);
  }
  const absl::StatusOr<Received> goodbye =
      child.AwaitBriefly([](const Received& received) {
        return received.kind == Kind::kTransportError;
      });
  return Pass(fmt::format(
      "it ends with exit code 0 at the end of its stdin, {}",
      goodbye.ok()
          ? fmt::format("and says transport_error \"{}\"", goodbye->text)
          : "without a goodbye"));
}

}  // namespace thespian::gateway::cli
