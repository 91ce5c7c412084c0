// Sends what nobody has signed, one message after the other.
//
// Ownership: owns what waits, and its thread, which it joins. The client and
//   the inbox outlive it.
// Threads:   the bridge's; the sending is done by one of its own.
// Errors:    RESOURCE_EXHAUSTED: try again after HasRoom of nobody. What the
// far
//   gateway refuses is logged: there is nobody to tell.
// Memory:    kMaxQueuedBytes, or one message if that is larger.
#ifndef EXAMPLES_BRIDGE_CHILD_ANONYMOUS_SENDER_H_
#define EXAMPLES_BRIDGE_CHILD_ANONYMOUS_SENDER_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "absl/status/status.h"
#include "clients/cpp/client.h"
#include "examples/bridge-child/inbox.h"

namespace thespian::gateway::bridge {

class AnonymousSender {
 public:
  static constexpr size_t kMaxQueuedBytes = 1u << 20;

  // Which actor: by id or by name.
  using Target = std::variant<FarActor, std::string>;

  AnonymousSender(client::Client& gateway, std::string endpoint, Inbox& inbox);
  // What waits is dropped. Takes at most as long as one call may.
  ~AnonymousSender();
  AnonymousSender(const AnonymousSender&) = delete;
  AnonymousSender& operator=(const AnonymousSender&) = delete;

  absl::Status Send(Target to, std::string_view payload);

 private:
  struct Letter {
    Target to;
    std::string payload;

    size_t bytes() const { return sizeof(*this) + payload.size(); }
  };

  void Run();
  // False: it is over.
  bool Next(Letter& letter);
  absl::Status Deliver(const Letter& letter);

  client::Client& gateway_;
  const std::string endpoint_;
  Inbox& inbox_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Letter> waiting_;
  size_t bytes_ = 0;
  bool refused_ = false;
  bool over_ = false;

  std::thread thread_;
};

}  // namespace thespian::gateway::bridge

#endif  // EXAMPLES_BRIDGE_CHILD_ANONYMOUS_SENDER_H_
