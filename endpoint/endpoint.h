// Owns one child: starts and stops it, starts it again when it has ended, reads
// what it says, and writes what clients say to it. A Supervisor decides.
//
// Ownership: owns the loop's thread, the child and the incarnation's tables.
//   Whoever sends holds the incarnation until the frame is written, so a
//   ChildRun is shared. The surroundings outlive the endpoint.
// Threads:   safe from any thread, except Start, Join and the destructor,
//   which are the owner's. One thread runs the loop, and ends after the child.
// Errors:    as the API says, by MakeError.
// Memory:    the queue's limits, one read, one frame, and the tables.
#ifndef ENDPOINT_ENDPOINT_H_
#define ENDPOINT_ENDPOINT_H_

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/actors/held_exits.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/clock.h"
#include "endpoint/dispatcher.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/flight/flight_recorder.h"
#include "endpoint/frame_writer.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/mutex.h"
#include "endpoint/process/child_process.h"
#include "endpoint/snapshots.h"
#include "endpoint/supervision/restart_policy.h"
#include "endpoint/supervision/supervisor.h"
#include "endpoint/transport/transport.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/ids.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

struct EndpointOptions {
  std::string name = "default";
  ChildCommand command;
  size_t max_frame_bytes = 4u << 20;
  Dialect dialect = Dialect::kPlain;
  ControlPayloads control = ControlPayloads::kAllow;
  // The names that clients may send to; "*": any. Empty: any, but for attached
  // actors in a thespian dialect, whose next message would end the child after
  // a wrong name.
  std::vector<std::string> names;
  // How long a thespian child is not told of the end of an actor that it may
  // still answer.
  std::chrono::milliseconds exit_linger{60'000};
  FrameWriter::Limits queue;
  size_t max_proxies = 0;  // 0: any number
  // How long a proxy may be idle before it is released; 0: for ever.
  std::chrono::milliseconds proxy_idle_timeout{0};
  RestartOptions restart;
  HangOptions hang;
  // Frames that are not understood end the incarnation.
  bool strict_protocol = false;
};

// One incarnation, as those who send to it see it.
struct ChildRun {
  // `clock` and `recorder` outlive the run.
  ChildRun(Incarnation run, std::shared_ptr<Transport> with,
           FrameWriter::Limits limits, std::chrono::nanoseconds exit_linger,
           const Clock& clock, FlightRecorder& recorder)
      : incarnation(run),
        transport(std::move(with)),
        held(clock, exit_linger, kMostHeldExits),
        writer(*transport, limits,
               [run, &clock, &recorder](std::string_view frames) {
                 recorder.NoteSent(run, clock.Now(), frames);
               }) {}

  const Incarnation incarnation;
  const std::shared_ptr<Transport> transport;
  RemoteActors remotes;
  HeldExits held;
  FrameWriter writer;
};

// What was written to a child, or to several in a row.
struct WriteFigures {
  FrameTally messages;
  FrameTally controls;
  uint64_t bytes = 0;

  void Add(const FrameWriter& writer);
};

// A message for the child.
struct Outgoing {
  LocalId from;  // 0: anonymous
  std::variant<RemoteId, std::string_view> to;
  Incarnation incarnation;  // of a remote id; 0: the current one
  std::string_view payload;
  // `from` is an attached client, which may have more to say.
  bool attached = false;
};

// A batch of this size should be submitted before more is added.
inline constexpr size_t kFullBatchBytes = 64u << 10;

// Messages of one local actor that go out together, in order.
class FrameBatch {
 public:
  // Room for `expected` messages is taken at once.
  explicit FrameBatch(LocalId from, size_t expected = 0)
      : from_(from), expected_(expected) {
    events_.reserve(expected);
  }

  bool empty() const { return frames_ == 0; }
  size_t frames() const { return frames_; }
  size_t bytes() const { return bytes_.size(); }
  Incarnation incarnation() const {
    return run_ == nullptr ? Incarnation{} : run_->incarnation;
  }

 private:
  friend class Endpoint;

  // Room for frames like the first.
  void ReserveBytes() {
    bytes_.reserve(std::min(kFullBatchBytes, expected_ * bytes_.size()));
  }

  LocalId from_;
  size_t expected_ = 0;
  std::shared_ptr<ChildRun> run_;  // set by the first message
  std::string bytes_;
  size_t frames_ = 0;
  std::vector<RemoteId> remotes_;  // of the messages by id
  std::vector<LocalId> minted_;    // ids that speak for nobody
  std::vector<ProxyEvent> events_;
};

// Everything that is told of an endpoint at one moment.
struct EndpointReport {
  std::string name;
  EndpointState state = EndpointState::kStarting;
  std::string reason;  // for the state
  int64_t pid = 0;
  Incarnation incarnation;
  std::optional<std::chrono::nanoseconds> uptime;
  std::shared_ptr<const ChildExit> last_exit;  // null: none has ended
  InboundTally inbound;
  WriteFigures outbound;
  uint64_t refused = 0;
  std::map<std::string, uint64_t> unread;  // deliveries, by reason
  uint64_t queued_bytes = 0;
};

class Endpoint final : private ProcessEvents, private TransportEvents {
 public:
  struct Surroundings {
    const Clock& clock;
    EventJournal& journal;
    LocalActors& locals;
    spdlog::logger& log;
    // Called on the loop after every change of state. May be empty.
    absl::AnyInvocable<void(EndpointState)> on_state;
    // See RestartPolicy. May be empty.
    RestartPolicy::Chance chance;
  };

  // What Submit gave to the child's writer.
  struct Submitted {
    std::shared_ptr<ChildRun> run;
    FrameWriter::Ticket ticket{};
  };

  Endpoint(EndpointOptions options, Surroundings surroundings);
  ~Endpoint() override;

  // Starts the child. Returns when it runs, or why it does not; a first start
  // that fails is not tried again.
  absl::Status Start();

  // Begins to stop the child for good, by the ladder; a second call changes
  // nothing.
  void Stop();
  // The same, and the child's group is killed.
  void Kill();
  // Returns when the child is gone and the loop has ended.
  void Join();

  // What an operator can ask for. `completion` is called on the loop, or at
  // once if that has ended.
  using Request = Supervisor::Request;
  using Completion = Supervisor::Completion;
  void Ask(Request request, Completion completion);

  const std::string& name() const { return options_.name; }
  const EndpointOptions& options() const { return options_; }
  // Largest frame that is written to the child, with its head.
  size_t max_outgoing_frame_bytes() const { return max_outgoing_; }
  const DialectRow& dialect() const { return dialect_; }
  const FrameWriter::Limits& queue_limits() const { return queue_limits_; }

  // Checks a message and adds its frame to `batch`, which is unchanged if the
  // message is refused.
  absl::Status Add(const Outgoing& message, FrameBatch& batch);

  // Hands the batch to the child's writer. `done` hears how many of its frames
  // were written, as FrameWriter's does. QUEUE_FULL leaves both as they were.
  absl::StatusOr<Submitted> Submit(FrameBatch& batch, FrameWriter::Done& done);

  // Takes back what has not begun to be written. False: it is too late.
  static bool Withdraw(const Submitted& submitted, const absl::Status& why);

  // Links `actor` to a remote actor. One that has ended is answered with an
  // Exited in the actor's mailbox.
  absl::Status Link(const std::shared_ptr<LocalActor>& actor, RemoteId remote,
                    Incarnation incarnation);

  // Calls `room` once, when the child's queue has room again, or is no more.
  void WhenRoom(absl::AnyInvocable<void() &&> room);

  // A local actor has ended: the child will be told, if it knows the actor,
  // within milliseconds and together with others.
  void TellEnded(const std::shared_ptr<LocalActor>& actor);

  // Counts a message that its sender was refused with QUEUE_FULL.
  void CountRefused() { ++refused_; }

  // Counts a delivery that its receiver did not read before it ended.
  void CountUnread(const std::string& reason);

  EndpointReport Report() const;

  // The last frames, both directions, oldest first.
  std::vector<RecordedFrame> FlightRecord() const { return recorder_.Frames(); }

  // See RemoteActors::List. The incarnation listed goes to `incarnation`.
  bool ListProxies(size_t most, uint64_t& place, std::vector<ProxyRow>& rows,
                   Incarnation& incarnation) const;

  // Calls `take` on the loop, with the state between two events, no earlier
  // than now unless Snapshots says so; or at once, by the calling thread, if
  // the loop has ended.
  void TakeSnapshot(Snapshots::Take take);

  // Drops a proxy; linked local actors are told. `done` hears the incarnation
  // on the loop, or why not, perhaps before this returns.
  using Released = absl::AnyInvocable<void(absl::StatusOr<Incarnation>) &&>;
  void ReleaseProxy(RemoteId remote, Incarnation incarnation, Released done);

 private:
  // Where the endpoint stands; shared with those who ask.
  struct Standing {
    EndpointState state = EndpointState::kStarting;
    std::string reason;
    int64_t pid = 0;
    Incarnation incarnation;
    std::chrono::steady_clock::time_point started;
    std::shared_ptr<const ChildExit> last_exit;
    std::shared_ptr<ChildRun> run;       // null: nothing can be sent
    std::shared_ptr<ChildRun> last_run;  // the same, kept for its figures
    // Earlier ones that someone may still try to write to, and the figures of
    // those that nobody can.
    std::vector<std::shared_ptr<ChildRun>> past_runs;
    WriteFigures past;
  };

  // ProcessEvents, on the loop.
  void OnRunning() override;
  void OnExecFailed(const absl::Status& why) override;
  void OnErrorLine(std::string_view line, bool truncated) override;
  void OnErrorLinesSuppressed(uint64_t lines) override;
  void OnReaped() override;
  void OnEnd(const ProcessExit& exit) override;

  // TransportEvents, on the loop.
  void OnOpened() override;
  void OnBytes(std::string_view bytes) override;
  void OnWritable() override;
  void OnInputClosed() override;
  void OnEnded() override;

  // The child has ended once its process and its transport have.
  void EndIfDone();

  void RunLoop();
  // Does what follows from `event`.
  void Handle(Supervisor::Event event);
  void Do(Supervisor::BeginIncarnation& action);
  void Do(Supervisor::SpawnChild& action);
  void Do(Supervisor::StartLater& action);
  void Do(Supervisor::EnterState& action);
  void Do(Supervisor::TellEnds& action);
  void Do(Supervisor::CloseInput& action);
  void Do(Supervisor::EndSession& action);
  void Do(Supervisor::StopChild& action);
  void Do(Supervisor::RecordExit& action);
  void Do(Supervisor::Complete& action);

  void MakeRun(std::shared_ptr<Transport> transport);
  void CloseWriter(std::string_view why);
  void LogFlightRecord();
  void PublishRun();
  std::vector<std::string> EndHints(const ProcessExit& exit,
                                    bool by_itself) const;
  void AwaitIdle();
  void AwaitHang();
  // Runs `task` on the loop, in time for the loop's last look at its tasks.
  // False: the loop has ended, and `task` is as it was.
  bool Post(absl::AnyInvocable<void() &&>& task);
  // Local actors of whose end the child is still to be told.
  using Ended = std::vector<std::shared_ptr<LocalActor>>;
  void AwaitEnds();
  Ended TakeEnded();
  void TellEnds(const Ended& ended);
  void TellClients(EndpointState state, Incarnation incarnation,
                   std::string_view reason);
  // The link came too late: the child's stream has ended meanwhile.
  void TellTransportClosed(const std::shared_ptr<LocalActor>& actor,
                           RemoteId remote, Incarnation incarnation);
  // All of a snapshot but the proxies.
  EndpointSnapshot DescribeState() const;
  void StepSnapshots();

  absl::StatusOr<std::shared_ptr<ChildRun>> CurrentRun() const;
  absl::Status CheckIncarnation(const ChildRun& run, Incarnation wanted) const;
  absl::Status ActorUnknownError(std::string_view field, RemoteId id,
                                 Incarnation incarnation) const;
  absl::Status CheckOutgoing(const Outgoing& message) const;
  absl::Status CheckTarget(const Outgoing& message) const;
  absl::Status CheckNameIsListed(std::string_view name, bool attached) const;
  absl::Status CheckSize(size_t bytes, size_t most,
                         std::string_view what) const;
  // What a message of nobody is signed with, if anything: an id of its own.
  Outgoing Sign(const Outgoing& message) const;
  // Their ends are told once they may have been answered.
  void HoldExits(ChildRun& run, const std::vector<LocalId>& minted);
  void AwaitHeldExits();
  absl::Status AppendMessage(const Outgoing& message, ChildRun& run,
                             std::string& bytes) const;
  MessageSent SentEvent(const Outgoing& message) const;

  const EndpointOptions options_;
  const DialectRow& dialect_;
  const size_t max_outgoing_;
  const FrameWriter::Limits queue_limits_;
  const EndpointName shared_name_;
  Surroundings with_;

  FlightRecorder recorder_;
  asio::io_context loop_{1};  // before all that holds a child: it ends last

  mutable Mutex mutex_;
  Standing standing_ ABSL_GUARDED_BY(mutex_);
  bool loop_ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, uint64_t> unread_ ABSL_GUARDED_BY(mutex_);
  Ended ended_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> refused_ = 0;

  // The loop's alone, from here on.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>>
      keep_loop_;
  asio::steady_timer idle_timer_{loop_};
  asio::steady_timer hang_timer_{loop_};
  asio::steady_timer ends_timer_{loop_};
  asio::steady_timer held_timer_{loop_};
  bool awaits_held_ = false;
  asio::steady_timer restart_timer_{loop_};
  Supervisor supervisor_;
  std::shared_ptr<ChildProcess> child_;
  std::optional<ProcessExit> exit_;
  bool output_open_ = false;  // of the transport
  std::shared_ptr<ChildRun> run_;
  std::unique_ptr<FrameDecoder> decoder_;
  InboundFigures figures_;
  std::unique_ptr<Dispatcher> dispatcher_;
  Snapshots snapshots_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ENDPOINT_H_
