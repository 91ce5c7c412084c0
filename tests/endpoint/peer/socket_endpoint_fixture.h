// An Endpoint whose peer is at the other side of a socket.
#ifndef TESTS_ENDPOINT_PEER_SOCKET_ENDPOINT_FIXTURE_H_
#define TESTS_ENDPOINT_PEER_SOCKET_ENDPOINT_FIXTURE_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "endpoint/peer/accepted_peer.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"
#include "tests/endpoint/peer/raw_peer.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {

class SocketEndpointTest : public EndpointTest {
 protected:
  SocketEndpointTest() {
    options_.name = "east";
    options_.connect = "unix:" + path_;
    options_.restart = {.mode = RestartMode::kOnFailure,
                        .first_delay = std::chrono::milliseconds(1),
                        .longest_delay = std::chrono::milliseconds(5),
                        .max_starts = 1};
  }

  void MakeSocketEndpoint(std::optional<AcceptedPeer> accepted = std::nullopt) {
    options_.command.stop_grace = grace_;
    EndpointDeps deps{clock_, journal_, locals_, log_,
                      [this](EndpointState state) { on_state_(state); }};
    deps.accepted = std::move(accepted);
    endpoint_ = std::make_unique<Endpoint>(options_, std::move(deps));
  }

  // Dialled, and taken.
  RawPeer StartDialled(RawListener& listener) {
    MakeSocketEndpoint();
    EXPECT_THAT(endpoint_->Start(), IsOk());
    return listener.Accept();
  }

  std::string LastReason() const {
    const EndpointStatus status = endpoint_->Status();
    return status.last_exit == nullptr ? "" : status.last_exit->reason;
  }

  const TempDir directory_;
  const std::string path_ = directory_.File("peer");
};

}  // namespace thespian::gateway

#endif  // TESTS_ENDPOINT_PEER_SOCKET_ENDPOINT_FIXTURE_H_
