#include "tests/soak/soak_run.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "tests/soak/accounts.h"
#include "tests/soak/child_killer.h"
#include "tests/soak/guest.h"
#include "tests/soak/pause.h"
#include "tests/soak/visitor.h"
#include "tests/support/own_channel.h"

namespace thespian::gateway::soak {
namespace {

using std::chrono::seconds;

constexpr seconds kFirstPart{60};
constexpr seconds kSampleEvery{10};
constexpr size_t kVisitors = 8;

constexpr seconds kRestPatience{90};
// At rest is what is the same for so many seconds in a row.
constexpr int kSameSeconds = 5;
// Of RSS, from the first rest to the last.
constexpr double kMostGrowth = 1.10;

// The gateway holds the last 65,536 lives, and as many messages.
constexpr uint64_t kFilledEvents = 80'000;
constexpr seconds kFillPatience{300};
constexpr uint64_t kSpawnedAtOnce = 2'000;
constexpr size_t kChildren = 2;  // the child, and the guard of its group

bool IsSame(const ProcessView& a, const ProcessView& b) {
  return a.descriptors == b.descriptors && a.threads == b.threads &&
         a.children == b.children;
}

}  // namespace

SoakRun::SoakRun(const ServedProgram& gateway, client::Client& client,
                 uint32_t seed)
    : gateway_(gateway),
      client_(client),
      random_(seed),
      life_watch_(client, tally_),
      quiet_(OwnChannel(gateway.address())) {}

bool SoakRun::Run(seconds load) {
  const seconds first_part = std::min(kFirstPart, load / 2);
  BeginQuietWatch();
  FillJournal();
  Load(first_part);
  const ProcessView first = Rest();
  Load(load - first_part);
  const ProcessView last = Rest();
  EndQuietWatch();
  Compare(first, last);
  CheckAccounts();
  return passed_;
}

void SoakRun::BeginQuietWatch() {
  grpc::health::v1::HealthCheckRequest request;
  request.set_service("liveness");
  quiet_watch_ = grpc::health::v1::Health::NewStub(quiet_)->Watch(
      &quiet_context_, request);
  grpc::health::v1::HealthCheckResponse now;
  Expect(quiet_watch_->Read(&now), "a quiet client connects");
}

// --- Load ------------------------------------------------------------------

void SoakRun::Load(seconds duration) {
  const Clock::time_point end = Clock::now() + duration;
  const ChildKiller killer(client_, gateway_.pid(),
                           static_cast<uint32_t>(random_()), tally_);
  std::vector<std::unique_ptr<Visitor>> visitors;
  for (size_t i = 0; i < kVisitors; ++i) {
    visitors.push_back(std::make_unique<Visitor>(
        gateway_.address(), static_cast<uint32_t>(random_()), tally_));
  }
  while (Clock::now() < end) {
    Pause({}, std::min<Clock::duration>(end - Clock::now(), kSampleEvery));
    Print("load", ViewProcess(gateway_.pid()));
  }
}

void SoakRun::FillJournal() {
  const Clock::time_point end = Clock::now() + kFillPatience;
  const ChildKiller killer(client_, gateway_.pid(),
                           static_cast<uint32_t>(random_()), tally_);
  while (life_watch_.events() < kFilledEvents && Clock::now() < end) {
    SpawnMany();
  }
  Expect(life_watch_.events() >= kFilledEvents, "the journal is filled");
  Print("fill", ViewProcess(gateway_.pid()));
}

void SoakRun::SpawnMany() {
  Guest guest(tally_);
  const std::unique_ptr<client::Actor> actor = client_.Attach({}, guest);
  uint64_t sends = 0;
  for (uint64_t i = 0; i < kSpawnedAtOnce; ++i) {
    const absl::Status status = actor->SendNamed(
        {.endpoint = "", .name = "spawner"}, "\x62go", kSendCommand);
    if (status.ok()) ++sends;
  }
  guest.Await(sends, sends, seconds(1));
  Expect(actor->Close(absl::Seconds(30)).ok(), "a stream ends as it should");
  tally_.NoteUncertain(sends - guest.results());
}

// --- Rest ------------------------------------------------------------------

ProcessView SoakRun::Rest() {
  const Clock::time_point end = Clock::now() + kRestPatience;
  ProcessView view;
  int same = 0;
  while (same < kSameSeconds && Clock::now() < end) {
    Pause({}, seconds(1));
    const ProcessView next = ViewProcess(gateway_.pid());
    same = IsSame(view, next) && IsAtRest(Describe(), next) ? same + 1 : 0;
    view = next;
  }
  Print("rest", view);
  Expect(same == kSameSeconds, "the gateway comes to rest");
  return view;
}

bool SoakRun::IsAtRest(const v1::Endpoint& endpoint,
                       const ProcessView& view) const {
  return endpoint.state() == v1::ENDPOINT_STATE_RUNNING &&
         endpoint.counters().waiting() == 0 && view.children == kChildren;
}

v1::Endpoint SoakRun::Describe() {
  absl::StatusOr<v1::Endpoint> endpoint = client_.GetEndpoint("");
  if (endpoint.ok()) return *std::move(endpoint);
  Expect(false, fmt::format("GetEndpoint: {}", MessageOf(endpoint.status())));
  return {};
}

void SoakRun::Print(std::string_view when, const ProcessView& view) {
  const v1::Endpoint endpoint = Describe();
  const auto elapsed =
      std::chrono::duration_cast<seconds>(Clock::now() - start_);
  fmt::print(
      "{:5} s {}: rss {} KiB, fds {}, threads {}, children {}; incarnation "
      "{}, kills {}, visits {}, written {}, delivered {}, proxies {}, "
      "faults {}\n",
      elapsed.count(), when, view.rss_kib, view.descriptors, view.threads,
      view.children, endpoint.incarnation(), tally_.kills(), tally_.visits(),
      endpoint.counters().written(), endpoint.counters().delivered(),
      endpoint.counters().proxies_live(), tally_.fault_count());
  std::fflush(stdout);
}

// --- Judgement -------------------------------------------------------------

void SoakRun::EndQuietWatch() {
  Expect(quiet_->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY,
         "a quiet client stays connected");
  quiet_context_.TryCancel();
  grpc::health::v1::HealthCheckResponse rest;
  while (quiet_watch_->Read(&rest)) {
  }
  Expect(quiet_watch_->Finish().error_code() == grpc::StatusCode::CANCELLED,
         "a quiet client's watch goes on until it is ended");
}

void SoakRun::Compare(const ProcessView& first, const ProcessView& last) {
  Expect(first.descriptors == last.descriptors, "descriptors are flat");
  Expect(first.threads == last.threads, "threads are flat");
  Expect(first.children == last.children, "children are flat");
  const double growth =
      static_cast<double>(last.rss_kib) / static_cast<double>(first.rss_kib);
  fmt::print("rss at the last rest is {:.3f} of that at the first\n", growth);
  Expect(growth <= kMostGrowth, "RSS is flat");
}

void SoakRun::CheckAccounts() {
  const v1::EndpointCounters counters = Describe().counters();
  fmt::print("the gateway's figures: {}\n", counters.ShortDebugString());
  fmt::print(
      "the clients': written {}, refused {}, uncertain {}, seen {}, perhaps "
      "missed {}; lives watched {}, lost {} times\n",
      tally_.written(), tally_.refused(), tally_.uncertain(), tally_.seen(),
      tally_.missed(), life_watch_.events(), life_watch_.losses());
  for (const std::string& mistake : FindMistakes(counters, tally_)) {
    Expect(false, mistake);
  }
  for (const std::string& fault : tally_.faults()) Expect(false, fault);
  Expect(tally_.fault_count() == 0,
         fmt::format("{} faults", tally_.fault_count()));
  Expect(tally_.kills() > 0, "some child was killed");
}

void SoakRun::Expect(bool holds, std::string_view what) {
  if (holds) return;
  passed_ = false;
  fmt::print("NOT AS IT SHOULD BE: {}\n", what);
}

}  // namespace thespian::gateway::soak
