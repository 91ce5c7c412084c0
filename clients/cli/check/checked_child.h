// The child that is being checked, as the checks speak with it: messages
// instead of bytes, in one form of ids. It is started when it is needed, and
// again after a check that ended it.
//
// Ownership: owns the conversation.
// Threads:   thread-compatible; see ChildConversation.
// Errors:    those of ChildConversation, and FAILED_PRECONDITION for a message
//   to an id that has not spoken, RESOURCE_EXHAUSTED when the child writes more
//   than anybody asked for.
// Memory:    that of ChildConversation, and what a check has passed over.
#ifndef CLIENTS_CLI_CHECK_CHECKED_CHILD_H_
#define CLIENTS_CLI_CHECK_CHECKED_CHILD_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/check/child_conversation.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/message.h"

namespace thespian::gateway::cli {

// A message of the child.
struct Received {
  enum class Kind { kSend, kSendNamed, kLink, kExit, kTransportError, kOther };
  Kind kind = Kind::kOther;
  uint64_t first = 0;   // an actor of the child
  uint64_t second = 0;  // one of ours
  std::string text;     // a name or a reason
  std::string payload;
};

// How the child has written so far, in all its runs.
struct Manner {
  IdForms ids;
  bool fixed_heads = false;  // 5a and a length of four bytes
  bool short_texts = false;  // text strings with the shortest head
  bool other_heads = false;  // any other string
  uint64_t frames = 0;
  uint64_t passed_over = 0;     // that no check waited for
  absl::Status violation;       // why its stdout was no stream of frames
  std::string offending_bytes;  // of the violation
};

struct CheckedChildSetup {
  std::vector<std::string> command;
  std::string trampoline = "/proc/self/exe";
  std::string name = "echo";  // whom to speak to
  std::chrono::milliseconds patience{10'000};
};

class CheckedChild {
 public:
  using Predicate = absl::FunctionRef<bool(const Received&)>;

  CheckedChild(CheckedChildSetup setup, IdForm ids);

  const CheckedChildSetup& setup() const { return setup_; }
  IdForm ids() const { return ids_; }
  const Manner& manner() const { return manner_; }
  // The dialect whose limits and manners apply.
  void SetDialect(Dialect dialect) { row_ = &RowOf(dialect); }
  const DialectRow& row() const { return *row_; }

  bool runs() const { return conversation_ != nullptr; }
  // Starts it, unless it runs. An error: it can't be started.
  absl::Status EnsureRunning();
  // The next EnsureRunning starts it anew.
  void Discard() { conversation_.reset(); }
  // What was passed over is forgotten.
  void BeginCheck();
  // Since BeginCheck it has written what is no frame, or without end.
  bool disturbed() const { return disturbed_; }

  // An id of ours that has not spoken, and speaks from now on.
  uint64_t FreshId();
  void UseId(uint64_t id) { spoken_.insert(id); }

  // One message, or several in a single write.
  template <typename... Messages>
  absl::Status Say(const Messages&... messages) {
    std::string frames;
    (AppendFrame(messages, frames, ids_), ...);
    return Write(frames);
  }
  absl::Status Write(std::string_view bytes);
  absl::Status WriteByteByByte(std::string_view bytes);

  // The first message that `wanted` is true for.
  absl::StatusOr<Received> Await(Predicate wanted);
  // Also one that was passed over since BeginCheck. Waits for a moment only:
  // for what should have come by now, or should not come at all.
  absl::StatusOr<Received> AwaitBriefly(Predicate wanted);
  // The next message to `id`.
  absl::StatusOr<Received> AwaitAnswer(uint64_t id);
  // Sends `payload` to the name, and waits for the answer.
  absl::StatusOr<Received> AskName(uint64_t from, std::string_view payload);

  void CloseStdin() { conversation_->CloseStdin(); }
  absl::StatusOr<ChildEnd> AwaitEnd();

  // Why no answer came, in words: `status` is of one of the above.
  std::string Explain(const absl::Status& status);

 private:
  absl::StatusOr<Received> Next(Deadline deadline);
  absl::Status Judge(const Received& received) const;
  absl::Status PassOver(Received received);
  absl::StatusOr<Received> AwaitUntil(Deadline deadline, Predicate wanted);
  void NoteHead(std::string_view head);
  void Note(const IdForms& forms);
  Deadline Patience() const;

  const CheckedChildSetup setup_;
  const IdForm ids_;
  const DialectRow* row_;
  std::unique_ptr<ChildConversation> conversation_;
  std::vector<Received> passed_over_;
  bool disturbed_ = false;
  std::set<uint64_t> spoken_;
  uint64_t next_id_ = 1'001;
  Manner manner_;
};

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_CHECKED_CHILD_H_
