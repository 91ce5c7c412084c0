// Append now, wake later: an event is in the journal before its frame is
// written; the watchers are woken after the write, and after the receivers.
//
// Whoever would wake them too early wakes them while the receiver or the write
// waits for the watchers' thread to settle, and is seen.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/actors/local_actors.h"
#include "endpoint/session/dispatcher.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"
#include "tests/support/fake_transport.h"
#include "tests/support/noting_watcher.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;

using Log = std::vector<std::string>;

// What happened, each with what the journal held by then.
class OrderLog {
 public:
  explicit OrderLog(EventJournal& journal) : journal_(journal) {}

  void Note(const std::string& what) {
    const uint64_t held = journal_.last_sequence();
    log_.Update(
        [&](Log& log) { log.push_back(what + " " + std::to_string(held)); });
  }
  // By the thread that sends or reads.
  void NoteSettled(const std::string& what) {
    SettleWatchers(journal_);
    Note(what);
  }
  Log Await(size_t size) const {
    EXPECT_TRUE(log_.Await([size](const Log& l) { return l.size() >= size; }));
    return log_.Get();
  }

 private:
  EventJournal& journal_;
  Awaited<Log> log_;
};

class NotingActor final : public LocalActor {
 public:
  explicit NotingActor(OrderLog& log)
      : LocalActor(MailboxLimits()), log_(log) {}
  void OnMail() override { log_.NoteSettled("receiver"); }

 private:
  OrderLog& log_;
};

TEST(WakeOrderTest, TheReaderWakesReceiversWritesAndThenWakesWatchers) {
  const TestClock clock;
  EventJournal journal(clock, {.pace = kAtOnce});
  OrderLog log(journal);
  LocalActors locals(clock, 1);
  RemoteActors remotes;
  FakeTransport sink;
  sink.during_write = [&log] { log.NoteSettled("write"); };
  SharedWriteStats write_stats;
  FrameWriter writer(sink, {}, write_stats);
  SharedInboundStats figures;
  spdlog::logger silent = SilentLog();
  HeldExits held(clock, std::chrono::seconds(60), 1);
  Dispatcher dispatcher({.clock = clock,
                         .log = silent,
                         .journal = journal,
                         .locals = locals,
                         .remotes = remotes,
                         .held = held,
                         .writer = writer,
                         .stats = figures},
                        journal.NameOf("east"), Incarnation{1});
  const auto actor = std::make_shared<NotingActor>(log);
  ASSERT_THAT(locals.Open(actor, ""), IsOk());
  const auto watcher =
      std::make_shared<NotingWatcher>([&log] { log.Note("watcher"); });
  journal.Park(kAllKinds, 0, watcher);

  std::string frame;
  AppendFrame(SendMessage{.from = {7}, .to = {1}, .payload = "\x01"}, frame);
  EXPECT_THAT(dispatcher.OnFrame(frame.substr(kFrameHeadBytes), clock.Now()),
              IsOk());
  dispatcher.LinkFromClient(actor, {7}, /*told=*/false);
  dispatcher.Flush();

  // A proxy, a message and a link.
  EXPECT_THAT(log.Await(3), ElementsAre("receiver 3", "write 3", "watcher 3"));
  writer.Close(absl::UnavailableError("the end"));
}

class SenderWakeOrderTest : public EndpointTest {};

TEST_F(SenderWakeOrderTest, TheSenderIsDoneBeforeItWakesWatchers) {
  Start({"until-eof"});
  AwaitEvent("state RUNNING");
  OrderLog log(journal_);
  const uint64_t before = journal_.last_sequence();
  const auto watcher =
      std::make_shared<NotingWatcher>([&log] { log.Note("watcher"); });
  journal_.Park(kAllKinds, before, watcher);
  FrameBatch batch({});
  ASSERT_THAT(endpoint_->sender().Add({{}, "someone", {}, "\x01"}, batch),
              IsOk());

  const auto note = [&log](const absl::Status& status, size_t frames) {
    EXPECT_THAT(status, IsOk());
    EXPECT_EQ(frames, 1u);
    log.NoteSettled("written");
  };
  EXPECT_THAT(SubmitNoting(endpoint_->sender(), batch, note), IsOk());
  batch = FrameBatch({});  // its end

  const std::string sequence = " " + std::to_string(before + 1);
  EXPECT_THAT(log.Await(2),
              ElementsAre("written" + sequence, "watcher" + sequence));
}

TEST_F(SenderWakeOrderTest,
       AttachedClientsAreToldOfAStateBeforeWatchersAreWoken) {
  Make({"until-eof"});
  OrderLog log(journal_);
  const auto actor = std::make_shared<NotingActor>(log);
  ASSERT_THAT(locals_.Open(actor, ""), IsOk());
  const auto watcher =
      std::make_shared<NotingWatcher>([&log] { log.Note("watcher"); });
  journal_.Park(kAllKinds, 0, watcher);

  ASSERT_THAT(endpoint_->Start(), IsOk());

  const Log seen = log.Await(2);
  EXPECT_EQ(seen[0], "receiver 1") << "STARTING";
  EXPECT_THAT(seen[1], ::testing::StartsWith("watcher"));
}

}  // namespace
}  // namespace thespian::gateway
