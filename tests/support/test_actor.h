// A local actor that keeps what it is told as texts, such as "7 says 01" or
// "7 exited: normal".
//
// Ownership: as a LocalActor.
// Threads:   woken by any thread; read by one.
// Errors:    AwaitMail returns what there is at its deadline.
#ifndef TESTS_SUPPORT_TEST_ACTOR_H_
#define TESTS_SUPPORT_TEST_ACTOR_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/mailbox.h"
#include "endpoint/endpoint_state.h"
#include "fmt/format.h"
#include "tests/support/awaited.h"
#include "tests/support/hex.h"

namespace thespian::gateway {

inline std::string MailText(const MailHead& head, std::string_view text) {
  switch (head.kind) {
    case MailKind::kDelivery:
      return fmt::format("{} says {}", head.remote.value, ToHex(text));
    case MailKind::kExited:
      return fmt::format("{} exited: {}{}{}", head.remote.value,
                         ReasonIn(head, text), head.details_size > 0 ? " " : "",
                         ToHex(text.substr(text.size() - head.details_size)));
    case MailKind::kEndpointChanged:
      return fmt::format("endpoint {}", StateName(head.state));
    case MailKind::kLink:
      break;
  }
  return {};
}

class TestActor final : public LocalActor {
 public:
  explicit TestActor(MailboxLimits limits = {}) : LocalActor(limits) {}

  void OnMail() override {
    wakes_.Update([](int& wakes) { ++wakes; });
  }
  int wakes() const { return wakes_.Get(); }

  // What has come since the last call.
  std::vector<std::string> TakeMail() {
    Mail mail;
    mailbox().Take(mail);
    std::vector<std::string> texts;
    for (size_t i = 0; i < mail.size(); ++i) {
      texts.push_back(MailText(mail.head(i), mail.text(i)));
    }
    return texts;
  }

  // What has come since the last call, as soon as `last` has.
  std::vector<std::string> AwaitMail(const std::string& last) {
    std::vector<std::string> all;
    do {
      const int seen = wakes();
      for (std::string& text : TakeMail()) all.push_back(std::move(text));
      if (std::find(all.begin(), all.end(), last) != all.end()) break;
      if (!wakes_.Await([seen](int wakes) { return wakes > seen; })) break;
    } while (true);
    return all;
  }

 private:
  Awaited<int> wakes_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TEST_ACTOR_H_
