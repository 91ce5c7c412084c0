// All that a Dispatcher works on: real tables, and a child's stdin that is not
// there.
//
// Ownership: owns all of it.
// Threads:   one.
#ifndef TESTS_SUPPORT_DISPATCHER_WORLD_H_
#define TESTS_SUPPORT_DISPATCHER_WORLD_H_

#include <chrono>

#include "endpoint/actors/held_exits.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/session/dispatcher.h"
#include "endpoint/session/frame_writer.h"
#include "endpoint/session/stats.h"
#include "endpoint/wire/dialects.h"
#include "spdlog/logger.h"
#include "tests/support/fake_transport.h"
#include "tests/support/journal_text.h"
#include "tests/support/log_lines.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {

class DispatcherWorld {
 protected:
  explicit DispatcherWorld(const FrameWriter::Limits& queue = {},
                           const EventJournal::Capacity& journal = {})
      : journal_(clock_, journal), writer_(sink_, queue, write_stats_) {}

  Dispatcher::Deps MakeDeps(Dialect dialect = Dialect::kPlain) {
    return {.clock = clock_,
            .log = log_,
            .journal = journal_,
            .locals = locals_,
            .remotes = remotes_,
            .held = held_,
            .writer = writer_,
            .stats = inbound_,
            .dialect = RowOf(dialect)};
  }

  TestClock clock_;
  EventJournal journal_;
  const EndpointName name_ = journal_.NameOf("east");
  JournalReader reader_{journal_};
  LocalActors locals_{clock_, 100};
  LogLines lines_;
  spdlog::logger log_ = lines_.MakeLog();
  RemoteActors remotes_;
  HeldExits held_{clock_, std::chrono::seconds(60), 100};
  FakeTransport sink_;
  SharedWriteStats write_stats_;
  FrameWriter writer_;
  SharedInboundStats inbound_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_DISPATCHER_WORLD_H_
