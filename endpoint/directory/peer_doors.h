// Where peers dial in: a listener for each pool that is for that. Each peer
// becomes a member with the lowest number that is free, and has one run.
//
// Ownership: borrows the gateway. Owns the listeners and their thread, which
//   runs while there is one.
// Threads:   NoteOver is safe from any thread; the rest is for one thread at
//   a time, which is none of an endpoint's loop.
// Errors:    why an address can't be listened on, with its pool.
// Memory:    the listeners.
#ifndef ENDPOINT_DIRECTORY_PEER_DOORS_H_
#define ENDPOINT_DIRECTORY_PEER_DOORS_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "endpoint/directory/pool.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/peer/accepted_peer.h"
#include "endpoint/peer/peer_listener.h"

namespace spdlog {
class logger;
}

namespace thespian::gateway {

class Gateway;

class PeerDoors {
 public:
  PeerDoors(Gateway& gateway, spdlog::logger& log);
  ~PeerDoors();

  // Of all pools that are dialled into and have no listener yet.
  absl::Status OpenAll();
  // Nobody can dial in to `pool` any more. Who has, stays.
  void Close(const std::string& pool);
  void CloseAll();

  // The only run of member `name` is over.
  void NoteOver(const std::string& name);

 private:
  absl::Status Open(const Pool& pool);
  void Admit(const std::string& pool, AcceptedPeer peer);

  Gateway& gateway_;
  spdlog::logger& log_;
  // By pool; the thread's, once they listen.
  std::map<std::string, std::unique_ptr<PeerListener>> doors_;
  LoopThread loop_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_DIRECTORY_PEER_DOORS_H_
