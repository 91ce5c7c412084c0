#include "endpoint/endpoint_proxies.h"

#include <memory>
#include <utility>

#include "endpoint/loop/loop_thread.h"
#include "endpoint/session/outgoing_rules.h"
#include "endpoint/session/reasons.h"
#include "endpoint/session/session.h"
#include "endpoint/status_board.h"

namespace thespian::gateway {

EndpointProxies::EndpointProxies(const Deps& deps)
    : deps_(deps),
      snapshots_(deps.journal, [this] { return DescribeState(); }) {}

bool EndpointProxies::List(size_t most, uint64_t& place,
                           std::vector<ProxyRow>& rows,
                           Incarnation& incarnation) const {
  const std::shared_ptr<Session> session = deps_.board.Last();
  if (session == nullptr) return false;
  incarnation = session->incarnation();
  return session->remotes().List(most, place, rows);
}

// --- Snapshots -------------------------------------------------------------

void EndpointProxies::TakeSnapshot(Snapshots::Take take) {
  deps_.loop.PostOrRun([this, take = std::move(take)]() mutable {
    if (deps_.loop.IsHere()) {
      if (snapshots_.Ask(std::move(take))) StepSnapshots();
    } else {
      std::move(take)(
          std::make_shared<const EndpointSnapshot>(DescribeState()));
    }
  });
}

void EndpointProxies::StepSnapshots() {
  const std::shared_ptr<Session> session = deps_.board.Last();
  std::shared_ptr<RemoteActors> table;
  if (session != nullptr) table = {session, &session->remotes()};
  if (!snapshots_.Step(table)) return;
  deps_.loop.Post([this] { StepSnapshots(); });
}

EndpointSnapshot EndpointProxies::DescribeState() const {
  const StatusBoard::Row row = deps_.board.Get();
  return {.sequence = deps_.journal.last_sequence(),
          .time = deps_.clock.Now(),
          .endpoint = deps_.facts.name,
          .incarnation = row.incarnation,
          .state = row.state};
}

// --- Releases --------------------------------------------------------------

void EndpointProxies::Release(RemoteId remote, Incarnation incarnation,
                              Released done) {
  const absl::StatusOr<std::shared_ptr<Session>> current =
      deps_.board.Current();
  if (!current.ok()) return std::move(done)(current.status());
  const std::shared_ptr<Session>& session = *current;
  absl::Status status =
      OutgoingRules(deps_.facts)
          .CheckIncarnation(session->incarnation(), incarnation);
  if (!status.ok()) return std::move(done)(status);
  deps_.loop.PostOrRun([this, session, remote,
                        done = std::move(done)]() mutable {
    if (!session->live() ||
        !session->dispatcher().Release(remote, kReleasedReason)) {
      return std::move(done)(
          OutgoingRules(deps_.facts)
              .ActorUnknownError("remote_id", remote, session->incarnation()));
    }
    session->dispatcher().Flush();
    std::move(done)(session->incarnation());
  });
}

}  // namespace thespian::gateway
