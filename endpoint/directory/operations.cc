#include "endpoint/directory/operations.h"

#include <algorithm>
#include <utility>

#include "endpoint/actors/mailbox.h"
#include "endpoint/directory/endpoint_directory.h"
#include "endpoint/endpoint.h"
#include "endpoint/error.h"
#include "endpoint/gateway.h"
#include "endpoint/loop/outcome.h"
#include "endpoint/session/frame_batch.h"
#include "endpoint/session/reasons.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "spdlog/logger.h"

namespace thespian::gateway {
namespace {

// How long a new endpoint may take to be ready.
constexpr std::chrono::seconds kMostReadyTime{30};
// ["ready"]: an array, as every thespian actor can bear.
constexpr std::string_view kReadyQuestion = "\x81\x65ready";

// Asks an actor of an endpoint, by name, for any answer.
class ReadyProbe final : public LocalActor {
 public:
  ReadyProbe(EndpointName endpoint, std::shared_ptr<Outcome> outcome)
      : LocalActor({.items = 64, .one_delivery = true}),
        endpoint_(endpoint),
        outcome_(std::move(outcome)) {}

  void set_incarnation(Incarnation incarnation) { incarnation_ = incarnation; }

  void OnMail() override {
    Mail mail;
    mailbox().Take(mail);
    for (size_t i = 0; i < mail.size(); ++i) {
      const MailHead& head = mail.head(i);
      if (head.kind == MailKind::kDelivery) return outcome_->Set({});
      if (head.kind == MailKind::kEndpointChanged &&
          head.endpoint == endpoint_ && head.incarnation == incarnation_ &&
          !TakesMessages(head.state)) {
        return outcome_->Set(MakeError(
            ErrorReason::kEndpointFailed,
            fmt::format("it is {}: {}", StateName(head.state), mail.text(i))));
      }
    }
  }

 private:
  const EndpointName endpoint_;
  const std::shared_ptr<Outcome> outcome_;
  Incarnation incarnation_;
};

absl::Status Ask(SessionSender& sender, LocalId from, std::string_view name) {
  FrameBatch batch(from);
  absl::Status status =
      sender.Add({.from = from, .to = name, .payload = kReadyQuestion}, batch);
  if (!status.ok()) return status;
  FrameWriter::Done done = [](const absl::Status&, size_t) {};
  return sender.Submit(batch, done).status();
}

// Whether a pool can get these options without being made anew: its members
// have the same names, and are not peers that have dialled in.
bool CanStay(const PoolOptions& options, const PoolOptions& next) {
  if (!options.accept.empty() || !next.accept.empty()) return options == next;
  return (options.replicas == 0) == (next.replicas == 0);
}

}  // namespace

Operations::Operations(Gateway& gateway, spdlog::logger& log)
    : gateway_(gateway), log_(log) {}

Operations::~Operations() { Stop(); }

// --- One after the other ---------------------------------------------------

void Operations::Enqueue(Task task) {
  {
    MutexLock lock(mutex_);
    if (!stopping_) {
      tasks_.push_back(std::move(task));
      if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
      changed_.NotifyOne();
      return;
    }
  }
  std::move(task)(false);
}

template <typename Result>
void Operations::Add(absl::AnyInvocable<void(Result) &&> done,
                     absl::AnyInvocable<Result()> work) {
  Enqueue([done = std::move(done), work = std::move(work)](bool run) mutable {
    std::move(done)(run ? work() : ShuttingDownError());
  });
}

void Operations::Run() {
  for (Task task = Next(); task != nullptr; task = Next()) {
    std::move(task)(true);
  }
  for (const Draining& draining : draining_) draining.endpoint->End();
  draining_.clear();
}

Operations::Task Operations::Next() {
  for (;;) {
    const std::chrono::nanoseconds wait = EndDrained();
    MutexLock lock(mutex_);
    if (stopping_) return nullptr;
    if (tasks_.empty()) changed_.WaitFor(mutex_, wait);
    if (stopping_) return nullptr;
    if (tasks_.empty()) continue;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }
}

std::chrono::nanoseconds Operations::EndDrained() {
  const TimePoint now = gateway_.clock().Steady();
  std::chrono::nanoseconds wait = std::chrono::hours(1);
  std::erase_if(draining_, [&](const Draining& draining) {
    if (draining.until <= now) draining.endpoint->End();
    if (draining.until > now) wait = std::min(wait, draining.until - now);
    return draining.until <= now;
  });
  return wait;
}

void Operations::Stop() {
  std::deque<Task> refused;
  std::thread thread;
  std::shared_ptr<Outcome> awaited;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    refused.swap(tasks_);
    thread.swap(thread_);
    awaited = awaited_;
    changed_.NotifyOne();
  }
  if (awaited != nullptr) awaited->Set(ShuttingDownError());
  for (Task& task : refused) std::move(task)(false);
  if (thread.joinable()) thread.join();
}

void Operations::Reload(ReloadCompletion done) {
  Add<absl::StatusOr<Reloaded>>(std::move(done), [this] { return DoReload(); });
}

void Operations::Scale(std::string pool, size_t replicas, Completion done) {
  Add<absl::Status>(std::move(done), [this, pool = std::move(pool), replicas] {
    return DoScale(pool, replicas);
  });
}

void Operations::Replace(std::string name, Completion done) {
  Add<absl::Status>(std::move(done),
                    [this, name = std::move(name)] { return DoReplace(name); });
}

absl::Status Operations::Await(const std::shared_ptr<Outcome>& outcome) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return ShuttingDownError();
    awaited_ = outcome;
  }
  const std::optional<absl::Status> status = outcome->WaitFor(kMostReadyTime);
  {
    MutexLock lock(mutex_);
    awaited_ = nullptr;
  }
  if (status.has_value()) return *status;
  return MakeError(
      ErrorReason::kEndpointFailed,
      fmt::format("it was not ready within {} s", kMostReadyTime.count()));
}

// --- Endpoints that come up ------------------------------------------------

absl::Status Operations::BringUp(const Pool& pool,
                                 const EndpointHandle& endpoint) {
  const auto started = std::make_shared<Outcome>();
  endpoint->BeginStart(
      [started](const absl::Status& status) { started->Set(status); });
  absl::Status status = Await(started);
  if (!status.ok()) return status;
  if (endpoint->facts().options.on_demand) return absl::OkStatus();
  const EndpointStatus now = endpoint->Status();
  if (now.state != EndpointState::kRunning) {
    return MakeError(
        ErrorReason::kEndpointFailed,
        fmt::format("it is {}: {}", StateName(now.state), now.reason));
  }
  if (pool.options().ready_name.empty()) return absl::OkStatus();
  return AwaitAnswer(pool, *endpoint);
}

absl::Status Operations::AwaitAnswer(const Pool& pool, Endpoint& endpoint) {
  const auto answered = std::make_shared<Outcome>();
  const auto probe =
      std::make_shared<ReadyProbe>(endpoint.facts().name, answered);
  absl::Status status = gateway_.OpenActor(probe, "");
  if (!status.ok()) return status;
  {
    const Gateway::ActorUse use(gateway_, probe, endpoint);
    probe->set_incarnation(endpoint.Status().incarnation);
    status = Ask(endpoint.sender(), probe->id(), pool.options().ready_name);
  }
  if (status.ok()) status = Await(answered);
  gateway_.EndActor(probe, std::string(kNormalReason));
  return status;
}

absl::Status Operations::AddMember(const Pool& pool, const std::string& name) {
  const EndpointHandle member = gateway_.MakeMember(pool, name);
  gateway_.directory().Put(pool.name(), member);
  return BringUp(pool, member);
}

absl::Status Operations::ReplaceMember(const Pool& pool,
                                       const EndpointHandle& member) {
  const EndpointHandle next = gateway_.MakeMember(pool, member->name());
  absl::Status status = BringUp(pool, next);
  if (!status.ok()) {
    next->End();
    log_.warn("endpoint {}: the new one is given up, and the old one stays: {}",
              member->name(), MessageOf(status));
    return MakeError(
        ReasonOf(status).value_or(ErrorReason::kEndpointFailed),
        fmt::format("the new '{}' did not come up, and the old one stays: {}",
                    member->name(), MessageOf(status)));
  }
  gateway_.directory().Put(pool.name(), next);
  Drain(pool, member);
  log_.info("endpoint {}: incarnation {} takes the place of {}", member->name(),
            next->Status().incarnation.value,
            member->Status().incarnation.value);
  return absl::OkStatus();
}

void Operations::Drain(const Pool& pool, const EndpointHandle& endpoint) {
  endpoint->Drain();
  draining_.push_back(
      {gateway_.clock().Steady() + pool.options().drain, endpoint});
}

// --- What can be asked for -------------------------------------------------

absl::Status Operations::DoReplace(const std::string& name) {
  const auto members = gateway_.directory().Serving(name);
  if (!members.ok()) return members.status();
  for (const EndpointHandle& member : *members) {
    const std::shared_ptr<Pool> pool =
        gateway_.directory().FindPool(PoolOf(member->name()));
    if (pool == nullptr) continue;
    if (!pool->options().accept.empty()) {
      return MakeFieldError(
          ErrorReason::kFieldInvalid, "endpoint",
          fmt::format("endpoint '{}' is dialled by its peers, and can't be "
                      "replaced from here",
                      pool->name()));
    }
    absl::Status status = ReplaceMember(*pool, member);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Operations::DoScale(const std::string& name, size_t replicas) {
  const std::shared_ptr<Pool> pool = gateway_.directory().FindPool(name);
  if (pool == nullptr) {
    return MakeFieldError(ErrorReason::kEndpointUnknown, "endpoint",
                          fmt::format("there is no pool '{}'", name));
  }
  if (pool->options().replicas == 0) {
    return MakeFieldError(
        ErrorReason::kFieldInvalid, "endpoint",
        fmt::format("endpoint '{}' is no pool: it has no replicas", name));
  }
  if (replicas == 0 || replicas > kMostReplicas) {
    return MakeFieldError(ErrorReason::kFieldInvalid, "replicas",
                          fmt::format("replicas must be 1 to {}, but is {}",
                                      kMostReplicas, replicas));
  }
  PoolOptions options = pool->options();
  options.replicas = replicas;
  options.min_ready = std::min(options.min_ready, replicas);
  const auto resized = std::make_shared<Pool>(std::move(options), pool.get());
  gateway_.directory().PutPool(resized);
  return Resize(*resized);
}

absl::Status Operations::Resize(const Pool& pool) {
  absl::Status status;
  std::vector<EndpointHandle> members =
      gateway_.directory().MembersOf(pool.name());
  for (size_t i = members.size(); i < pool.first_size(); ++i) {
    status.Update(AddMember(pool, pool.MemberName(i)));
  }
  for (; members.size() > pool.first_size(); members.pop_back()) {
    gateway_.directory().Withdraw(members.back());
    Drain(pool, members.back());
  }
  return status;
}

absl::StatusOr<Operations::Reloaded> Operations::DoReload() {
  if (!source_) {
    return MakeError(ErrorReason::kFieldInvalid,
                     "the gateway was started without a file: there is nothing "
                     "to reload");
  }
  const absl::StatusOr<std::vector<PoolOptions>> pools = source_();
  if (!pools.ok()) return pools.status();
  Reloaded reloaded = {.removed = RemovePoolsExcept(*pools)};
  absl::Status status;
  for (const PoolOptions& options : *pools) {
    const std::string& name = options.member.name;
    const auto pool = gateway_.directory().FindPool(name);
    if (pool == nullptr) {
      AddPool(options);
      reloaded.added.push_back(name);
    } else if (pool->options() == options) {
      reloaded.unchanged.push_back(name);
    } else {
      status.Update(ChangePool(*pool, options));
      reloaded.changed.push_back(name);
    }
  }
  status.Update(gateway_.OpenDoors());
  if (!status.ok()) return status;
  return reloaded;
}

std::vector<std::string> Operations::RemovePoolsExcept(
    const std::vector<PoolOptions>& pools) {
  std::vector<std::string> removed;
  for (const std::shared_ptr<Pool>& pool : gateway_.directory().Pools()) {
    const bool stays = std::any_of(
        pools.begin(), pools.end(), [&pool](const PoolOptions& options) {
          return options.member.name == pool->name() &&
                 CanStay(pool->options(), options);
        });
    if (stays) continue;
    gateway_.doors().Close(pool->name());
    gateway_.directory().RemovePool(pool->name());
    removed.push_back(pool->name());
  }
  return removed;
}

// One that can't be started does not keep the others from serving: its state
// says why.
void Operations::AddPool(const PoolOptions& options) {
  const std::vector<EndpointHandle> members = gateway_.AddPool(options);
  const auto pool = gateway_.directory().FindPool(options.member.name);
  for (const EndpointHandle& member : members) {
    const absl::Status status = BringUp(*pool, member);
    if (status.ok()) continue;
    log_.warn("endpoint {}: {}", member->name(), MessageOf(status));
  }
}

absl::Status Operations::ChangePool(const Pool& pool,
                                    const PoolOptions& options) {
  const auto next = std::make_shared<Pool>(options, &pool);
  if (options.member != pool.options().member) {
    for (const EndpointHandle& member :
         gateway_.directory().MembersOf(pool.name())) {
      absl::Status status = ReplaceMember(*next, member);
      if (!status.ok()) return status;
    }
  }
  gateway_.directory().PutPool(next);
  for (const EndpointHandle& member :
       gateway_.directory().MembersOf(pool.name())) {
    member->SetRoutes(Routes(options.routes));
  }
  return Resize(*next);
}

}  // namespace thespian::gateway
