#include "endpoint/directory/endpoint_directory.h"

#include <algorithm>
#include <map>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/error.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kDefaultName = "default";

absl::Status UnknownError(std::string_view name) {
  return MakeFieldError(ErrorReason::kEndpointUnknown, "endpoint",
                        fmt::format("there is no endpoint '{}'", name));
}

// "NAME/10" comes after "NAME/9".
bool ComesBefore(const EndpointHandle& one, const EndpointHandle& other) {
  const std::string& a = one->name();
  const std::string& b = other->name();
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

// What lookups read. It never changes.
struct EndpointDirectory::Table {
  struct Row {
    std::shared_ptr<Pool> pool;
    std::vector<EndpointHandle> members;
  };

  // The name that is meant; see EndpointDirectory::Find.
  std::string_view Resolve(std::string_view name) const {
    if (!name.empty()) return name;
    return rows.size() == 1 ? std::string_view(rows.begin()->first)
                            : kDefaultName;
  }

  // Null if there is none.
  const Row* Find(std::string_view pool) const {
    const auto found = rows.find(pool);
    return found == rows.end() ? nullptr : &found->second;
  }

  std::map<std::string, Row, std::less<>> rows;  // by the name of the pool
  std::map<std::string, EndpointHandle, std::less<>> by_name;  // members
  std::vector<EndpointHandle> draining;                        // oldest first
  // Of endpoints that have ended, by the name of the member.
  std::map<std::string, EndpointStatus, std::less<>> past;
};

// Endpoints that nobody uses any more.
class EndpointDirectory::Graveyard {
 public:
  void Bury(std::unique_ptr<Endpoint> endpoint) {
    MutexLock lock(mutex_);
    buried_.push_back(std::move(endpoint));
  }

  void Clear() {
    std::vector<std::unique_ptr<Endpoint>> buried;
    MutexLock lock(mutex_);
    buried.swap(buried_);
  }

 private:
  Mutex mutex_;
  std::vector<std::unique_ptr<Endpoint>> buried_ ABSL_GUARDED_BY(mutex_);
};

EndpointDirectory::EndpointDirectory()
    : graveyard_(std::make_shared<Graveyard>()),
      table_(std::make_shared<const Table>()) {}

EndpointDirectory::~EndpointDirectory() {
  Update([](Table& table) { table = Table(); });
  graveyard_->Clear();
}

// --- Lookups ---------------------------------------------------------------

std::shared_ptr<const EndpointDirectory::Table> EndpointDirectory::Get() const {
  MutexLock lock(mutex_);
  return table_;
}

absl::StatusOr<EndpointHandle> EndpointDirectory::Find(
    std::string_view name, const EndpointChoice& choice) const {
  const std::shared_ptr<const Table> table = Get();
  name = table->Resolve(name);
  if (choice.incarnation.value != 0) {
    for (const EndpointHandle& endpoint : table->draining) {
      if (endpoint->name() == name && !endpoint->ended() &&
          endpoint->Status().incarnation == choice.incarnation) {
        return endpoint;
      }
    }
  }
  const auto member = table->by_name.find(name);
  if (member != table->by_name.end()) return member->second;
  const Table::Row* row = table->Find(name);
  if (row == nullptr) return UnknownError(name);
  if (row->members.empty()) {
    return MakeError(ErrorReason::kEndpointDown,
                     fmt::format("endpoint '{}' has no members now", name));
  }
  return row->pool->Choose(row->members, choice);
}

std::string EndpointDirectory::NameMeant(std::string_view name) const {
  return std::string(Get()->Resolve(name));
}

std::shared_ptr<Pool> EndpointDirectory::FindPool(std::string_view name) const {
  const std::shared_ptr<const Table> table = Get();
  const Table::Row* row = table->Find(name);
  return row == nullptr ? nullptr : row->pool;
}

std::vector<std::shared_ptr<Pool>> EndpointDirectory::Pools() const {
  const std::shared_ptr<const Table> table = Get();
  std::vector<std::shared_ptr<Pool>> pools;
  for (const auto& [name, row] : table->rows) pools.push_back(row.pool);
  return pools;
}

std::vector<EndpointHandle> EndpointDirectory::Members() const {
  const std::shared_ptr<const Table> table = Get();
  std::vector<EndpointHandle> members;
  for (const auto& [name, row] : table->rows) {
    members.insert(members.end(), row.members.begin(), row.members.end());
  }
  return members;
}

std::vector<EndpointHandle> EndpointDirectory::MembersOf(
    std::string_view pool) const {
  const std::shared_ptr<const Table> table = Get();
  const Table::Row* row = table->Find(pool);
  return row == nullptr ? std::vector<EndpointHandle>() : row->members;
}

std::vector<EndpointHandle> EndpointDirectory::All() const {
  const std::shared_ptr<const Table> table = Get();
  std::vector<EndpointHandle> all = table->draining;
  for (const auto& [name, row] : table->rows) {
    all.insert(all.end(), row.members.begin(), row.members.end());
  }
  return all;
}

void EndpointDirectory::Forget(LocalId sender) const {
  const std::shared_ptr<const Table> table = Get();
  for (const auto& [name, row] : table->rows) row.pool->Forget(sender);
}

void EndpointDirectory::EndLocal(
    const std::shared_ptr<LocalActor>& actor) const {
  const auto tell = [&actor](const EndpointHandle& endpoint) {
    if (!actor->IsKnownTo(endpoint->known_to_group())) return;
    endpoint->sender().EndLocal(actor);
  };
  const std::shared_ptr<const Table> table = Get();
  for (const auto& [name, row] : table->rows) {
    row.pool->Forget(actor->id());
    std::for_each(row.members.begin(), row.members.end(), tell);
  }
  std::for_each(table->draining.begin(), table->draining.end(), tell);
}

absl::StatusOr<std::vector<EndpointHandle>> EndpointDirectory::Serving(
    std::string_view name) const {
  const std::shared_ptr<const Table> table = Get();
  name = table->Resolve(name);
  if (const Table::Row* row = table->Find(name)) return row->members;
  const auto member = table->by_name.find(name);
  if (member == table->by_name.end()) return UnknownError(name);
  return std::vector<EndpointHandle>{member->second};
}

absl::StatusOr<std::vector<EndpointHandle>> EndpointDirectory::Named(
    std::string_view name) const {
  std::vector<EndpointHandle> all = All();
  if (name.empty()) return all;
  const std::shared_ptr<const Table> table = Get();
  if (table->Find(name) == nullptr && !table->by_name.contains(name)) {
    return UnknownError(name);
  }
  std::erase_if(all, [name](const EndpointHandle& endpoint) {
    return endpoint->name() != name && PoolOf(endpoint->name()) != name;
  });
  return all;
}

std::vector<EndpointHandle> EndpointDirectory::Draining(
    std::string_view member) const {
  std::vector<EndpointHandle> found;
  for (const EndpointHandle& endpoint : Get()->draining) {
    if (endpoint->name() == member && !endpoint->ended()) {
      found.push_back(endpoint);
    }
  }
  return found;
}

EndpointStatus EndpointDirectory::StatusOf(const Endpoint& endpoint) const {
  const std::shared_ptr<const Table> table = Get();
  EndpointStatus status = endpoint.Status();
  for (const EndpointHandle& before : table->draining) {
    if (before.get() == &endpoint || before->name() != status.name) continue;
    AddCounts(before->Status(), status);
  }
  const auto past = table->past.find(status.name);
  if (past != table->past.end()) AddCounts(past->second, status);
  return status;
}

// --- Changes ---------------------------------------------------------------

template <typename Change>
void EndpointDirectory::Update(Change change) {
  std::shared_ptr<const Table> past;  // let go of without the lock
  auto next = std::make_shared<Table>();
  MutexLock lock(mutex_);
  *next = *table_;
  change(*next);
  past = std::exchange(table_, std::move(next));
}

void EndpointDirectory::TellChange() const {
  if (on_change_) on_change_();
}

void EndpointDirectory::PutPool(std::shared_ptr<Pool> pool) {
  Update([&pool](Table& table) { table.rows[pool->name()].pool = pool; });
  TellChange();
}

void EndpointDirectory::RemovePool(std::string_view pool) {
  for (const EndpointHandle& member : MembersOf(pool)) Retire(member);
  Update([pool](Table& table) {
    const auto found = table.rows.find(pool);
    if (found != table.rows.end()) table.rows.erase(found);
  });
  TellChange();
}

std::shared_ptr<std::atomic<uint64_t>> EndpointDirectory::IncarnationsOf(
    const std::string& member) {
  MutexLock lock(mutex_);
  auto& counter = incarnations_[member];
  if (counter == nullptr) counter = std::make_shared<std::atomic<uint64_t>>(0);
  return counter;
}

EndpointHandle EndpointDirectory::Own(std::unique_ptr<Endpoint> endpoint) {
  return {endpoint.release(), [graveyard = graveyard_](Endpoint* unused) {
            graveyard->Bury(std::unique_ptr<Endpoint>(unused));
          }};
}

EndpointHandle EndpointDirectory::Put(std::string_view pool,
                                      const EndpointHandle& endpoint) {
  EndpointHandle before;
  Update([&](Table& table) {
    const auto row = table.rows.find(pool);
    Check(row != table.rows.end(), "a member is put into a pool");
    auto& members = row->second.members;
    const auto place = std::find_if(members.begin(), members.end(),
                                    [&endpoint](const EndpointHandle& member) {
                                      return member->name() == endpoint->name();
                                    });
    if (place != members.end()) {
      before = std::exchange(*place, endpoint);
      table.draining.push_back(before);
    } else {
      members.insert(std::upper_bound(members.begin(), members.end(), endpoint,
                                      ComesBefore),
                     endpoint);
    }
    table.by_name[endpoint->name()] = endpoint;
  });
  TellChange();
  return before;
}

void EndpointDirectory::Retire(const EndpointHandle& endpoint) {
  Withdraw(endpoint);
  endpoint->End();
}

void EndpointDirectory::Withdraw(const EndpointHandle& endpoint) {
  Update([&endpoint](Table& table) {
    for (auto& [name, row] : table.rows) {
      if (std::erase(row.members, endpoint) == 0) continue;
      table.by_name.erase(endpoint->name());
      table.draining.push_back(endpoint);
    }
  });
  TellChange();
}

void EndpointDirectory::Sweep() {
  LetGoOfEnded();
  for (const EndpointHandle& endpoint : Get()->draining) {
    if (endpoint->ended()) ended_.push_back(endpoint);
  }
  graveyard_->Clear();
}

void EndpointDirectory::LetGoOfEnded() {
  if (ended_.empty()) return;
  std::vector<EndpointStatus> last;
  for (const EndpointHandle& endpoint : ended_) {
    last.push_back(endpoint->Status());
  }
  Update([this, &last](Table& table) {
    for (const EndpointStatus& status : last) {
      AddCounts(status, table.past[status.name]);
    }
    for (const EndpointHandle& endpoint : ended_) {
      std::erase(table.draining, endpoint);
    }
  });
  ended_.clear();
}

}  // namespace thespian::gateway
