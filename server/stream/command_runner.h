// Does what a local actor's client commands, in order: one request at a time,
// and no faster than the children take it and its client may.
//
// Ownership: borrows the gateway, the actor and, while it runs, the request.
//   The host keeps itself alive for what it is called back with.
// Threads:   one request at a time; it may be finished by another thread than
//   began it (the one that calls Resume), but never by an endpoint's loop.
// Errors:    told to the host, command by command.
// Memory:    one batch of frames; what may wait for its results is the host's
//   to bound, by WantsMore.
#ifndef SERVER_STREAM_COMMAND_RUNNER_H_
#define SERVER_STREAM_COMMAND_RUNNER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/gateway.h"
#include "server/access/access_control.h"
#include "server/codec/command_reader.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// Whose commands are run.
class CommandHost {
 public:
  virtual ~CommandHost() = default;
  // The actor that speaks; also keeps the host alive.
  virtual std::shared_ptr<LocalActor> Sender() = 0;
  // A command has ended. Called once for each.
  virtual void OnResult(uint64_t command_id, const absl::Status& status) = 0;
  // Results were given; nothing more comes for now.
  virtual void OnResultsGiven() = 0;
  // Whether more commands are to be run, of which each brings a result. False:
  // the runner stops, says OnPaused, and goes on with Resume.
  virtual bool WantsMore() = 0;
  virtual void OnPaused() = 0;
  // The client has sent more than it may. The runner stops, and goes on with
  // Resume.
  virtual void OnLimited() = 0;
  // A child has room again, for which the runner had stopped: it is to go on
  // with Resume, but not within this call, which may be the loop's.
  virtual void OnRoom() = 0;
  // The whole request was taken; the next may be read.
  virtual void OnRequestTaken() = 0;
  // The client broke the rules of the stream.
  virtual void OnViolation(const absl::Status& status) = 0;
};

class CommandRunner {
 public:
  CommandRunner(Gateway& gateway, CommandHost& host, const Caller& caller);

  // Runs the commands that `commands` comes to from now on. The request must
  // stay until OnRequestTaken or OnViolation.
  void Run(CommandReader& commands);
  void Resume() { Continue(); }

  // Commands that were submitted and have no result yet. Safe from any thread.
  size_t in_flight() const { return in_flight_; }

 private:
  enum class Step { kDone, kLimited, kNoRoom, kViolation };

  // Frames that go out together, and the commands behind them.
  struct Pending {
    CommandRunner& runner;
    std::weak_ptr<LocalActor> speaker;  // gone: nobody hears of the results
    EndpointHandle endpoint;
    FrameBatch batch;
    std::vector<uint64_t> command_ids;
  };

  void Continue();
  // The next command, unless one is still to be done.
  CommandReader::Step Advance();
  void WaitForRoom();
  // Tells the host what became of the commands.
  void Report(const Pending& pending, const absl::Status& status,
              size_t written);
  Step Do(const CommandReader::Command& command, LocalId from);
  Step DoOther(const v1::ActorCommand& command, LocalId from);
  // `payload` is what there is in the place of CBOR; null: there is CBOR.
  Step Send(const PlainSend& send, LocalId from, const v1::Payload* payload);
  Step Link(uint64_t command_id, const v1::ActorCommand::Link& link);
  void BeginBatch(EndpointHandle endpoint, LocalId from);
  // False: there is no room for the batch.
  bool Flush();
  Step Answer(uint64_t command_id, const absl::Status& status);

  Gateway& gateway_;
  CommandHost& host_;
  const Caller caller_;
  CommandReader* commands_ = nullptr;
  bool has_command_ = false;  // that is still to be done
  std::atomic<size_t> in_flight_ = 0;
  // Null: no frame waits. Shared with the child's writer once submitted.
  std::shared_ptr<Pending> pending_;
  EndpointHandle full_;  // whose room is waited for
  std::string json_as_cbor_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_COMMAND_RUNNER_H_
