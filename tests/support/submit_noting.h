// Submits a batch and reports its end in one way, whether it waited or not.
#ifndef TESTS_SUPPORT_SUBMIT_NOTING_H_
#define TESTS_SUPPORT_SUBMIT_NOTING_H_

#include "absl/status/statusor.h"
#include "endpoint/session/session_sender.h"

namespace thespian::gateway {

// `note` is called with the status and how many frames were written, once,
// unless the batch is refused.
template <typename Note>
absl::StatusOr<SessionSender::Submitted> SubmitNoting(SessionSender& sender,
                                                      FrameBatch& batch,
                                                      Note note) {
  FrameWriter::Done done = note;
  absl::StatusOr<SessionSender::Submitted> submitted =
      sender.Submit(batch, done);
  if (submitted.ok() && !submitted->outcome.waits()) {
    note(submitted->outcome.status, submitted->outcome.frames);
  }
  return submitted;
}

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_SUBMIT_NOTING_H_
