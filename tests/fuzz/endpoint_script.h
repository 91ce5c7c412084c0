// The half of an endpoint that its loop runs, without process and gRPC: what
// the child writes comes from a script, so does what clients do, and the
// child's stdin is a fake. It is put together, and used, as Session does.
//
// Ownership: owns all of it.
// Threads:   one.
// Errors:    a property that does not hold ends the process (Check).
#ifndef TESTS_FUZZ_ENDPOINT_SCRIPT_H_
#define TESTS_FUZZ_ENDPOINT_SCRIPT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/flight/flight_recorder.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/session/dispatcher.h"
#include "endpoint/session/frame_writer.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/ids.h"
#include "tests/fuzz/byte_script.h"
#include "tests/fuzz/event_ledger.h"
#include "tests/support/fake_transport.h"
#include "tests/support/journal_text.h"
#include "tests/support/silent_log.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {

class EndpointScript {
 public:
  explicit EndpointScript(ByteScript& script);

  // Does what the script says, then ends the child's stream.
  void Run();

 private:
  class Client final : public LocalActor {
   public:
    using LocalActor::LocalActor;
    void OnMail() override { woken = true; }

    bool woken = false;  // since the last Take
    bool live = true;
    uint64_t deliveries = 0;  // taken
  };
  // A batch that was given to the writer.
  struct Batch {
    FrameWriter::Ticket ticket{};
    size_t frames = 0;
    size_t told = 0;  // how often it was said what became of it
    size_t written = 0;
  };

  void Step();

  // The child.
  void SayMessage();
  void SayOther();
  void Read();
  void OnOutput(std::string_view bytes);
  absl::Status OnFrame(std::string_view content);
  void EndTransport();

  // The clients.
  void Open();
  void Leave();
  void Send();
  bool AppendMessage(LocalId from, std::string& bytes);
  void Submit(LocalId from, std::string bytes, size_t frames);
  void Withdraw();
  void Link();
  void TakeMail(Client& client);

  // The loop, and the pipe.
  void Turn();
  void MakeRoom();
  void Release();

  void Flush();
  void CheckStats();
  void CheckPipe();
  // What can be written is, and every client that has left was told of.
  void Settle();
  void CheckEnd();
  void CheckWritten();

  std::shared_ptr<Client> AnyClient();
  RemoteId AnyRemote();
  std::string_view AnyName();
  std::string_view AnyPayload();

  static constexpr Incarnation kIncarnation{3};
  static constexpr size_t kMostClients = 12;  // in one script

  ByteScript& script_;
  TestClock clock_;
  EventJournal journal_{clock_, {}};
  const EndpointName name_ = journal_.NameOf("east");
  JournalReader reader_{journal_};
  std::optional<EventJournal::PayloadWish> wish_;
  LocalActors locals_{clock_, 8};
  spdlog::logger log_ = SilentLog();
  RemoteActors remotes_;
  HeldExits held_{clock_, std::chrono::seconds(60), kMostHeldExits};
  FlightRecorder recorder_;
  FakeTransport sink_;
  const size_t max_frame_bytes_;
  const size_t max_proxies_;
  SharedWriteStats write_stats_;
  FrameWriter writer_;
  SharedInboundStats inbound_;
  Dispatcher dispatcher_;
  FrameDecoder decoder_;
  EventLedger ledger_;

  bool open_ = true;  // the child's stream
  bool awaiting_room_ = false;
  std::string output_;         // of the child, not read yet
  uint64_t output_bytes_ = 0;  // read
  uint64_t output_frames_ = 0;
  uint64_t messages_sent_ = 0;
  std::vector<std::shared_ptr<Client>> clients_;  // also those that have left
  std::deque<Batch> batches_;
  std::deque<std::function<void()>> posted_;  // to the loop
};

}  // namespace thespian::gateway

#endif  // TESTS_FUZZ_ENDPOINT_SCRIPT_H_
