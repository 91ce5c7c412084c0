// The half of the script that is the clients'.
#include <algorithm>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/wire/message.h"
#include "tests/fuzz/endpoint_script.h"

namespace thespian::gateway {
namespace {

constexpr MailboxLimits kMailboxes[] = {
    {}, {.items = 2}, {.bytes = 300}, {.one_delivery = true}};

}  // namespace

void EndpointScript::Open() {
  if (clients_.size() == kMostClients) return;
  const auto client = std::make_shared<Client>(script_.OneOf(kMailboxes));
  const std::string_view name = AnyName();
  const bool taken = !name.empty() && locals_.FindNamed(name) != nullptr;
  if (locals_.Open(client, name).ok()) {
    clients_.push_back(client);
    Check(!taken, "a name is one actor's");
  }
}

// As Gateway::EndActor and EndNotices.
void EndpointScript::Leave() {
  const std::shared_ptr<Client> client = AnyClient();
  if (client == nullptr) return;
  client->live = false;
  Check(locals_.Remove(client->id()), "an actor leaves once");
  client->mailbox().Close();
  Check(client->End("left"), "nobody speaks for it");
  posted_.emplace_back([this, client] { dispatcher_.EndLocal(*client); });
}

// As SessionSender::Add and Submit.
void EndpointScript::Send() {
  const std::shared_ptr<Client> client = AnyClient();
  const LocalId from = client == nullptr ? LocalId{} : client->id();
  std::string bytes;
  size_t frames = 0;
  for (int wanted = 1 + script_.UpTo(2); wanted > 0; --wanted) {
    if (AppendMessage(from, bytes)) ++frames;
  }
  if (frames > 0) Submit(from, std::move(bytes), frames);
}

bool EndpointScript::AppendMessage(LocalId from, std::string& bytes) {
  const WriterId writer{from.value};
  if (script_.Coin()) {
    AppendFrame(SendNamedMessage{writer, "echo", AnyPayload()}, bytes);
    return true;
  }
  const RemoteId to = AnyRemote();
  if (!remotes_.IsLive(to)) return false;
  remotes_.NoteSent({to}, clock_.Now());
  AppendFrame(SendMessage{writer, {to.value}, AnyPayload()}, bytes);
  return true;
}

void EndpointScript::Submit(LocalId from, std::string bytes, size_t frames) {
  if (!writer_.Reserve(bytes.size()).ok()) return;
  if (from.value != 0) remotes_.NoteSeen(from);
  for (size_t i = 0; i < frames; ++i) {
    const auto wakeup =
        journal_.Append({.endpoint = name_,
                         .incarnation = kIncarnation,
                         .body = MessageSent{.from = from, .to = "echo"}});
  }
  messages_sent_ += frames;
  Batch& batch = batches_.emplace_back(Batch{.frames = frames});
  const auto note = [&batch](const absl::Status& status, size_t written) {
    ++batch.told;
    batch.written = written;
    Check(status.ok() == (written == batch.frames),
          "OK means that all was written");
  };
  const FrameWriter::Outcome outcome =
      writer_.Write(std::move(bytes), frames, note);
  if (!outcome.waits()) note(outcome.status, outcome.frames);
  batch.ticket = outcome.ticket;
}

void EndpointScript::Withdraw() {
  if (batches_.empty()) return;
  const size_t last = std::min<size_t>(batches_.size() - 1, UINT8_MAX);
  const Batch& batch = batches_[script_.UpTo(static_cast<uint8_t>(last))];
  const bool before = batch.told > 0;
  const bool withdrawn =
      writer_.Withdraw(batch.ticket, absl::DeadlineExceededError("too late"));
  Check(!withdrawn || (!before && batch.written == 0),
        "what was withdrawn is not written");
  Check((batch.told > 0) == (before || withdrawn),
        "whoever withdraws is told at once");
}

// As SessionSender::Link.
void EndpointScript::Link() {
  const std::shared_ptr<Client> client = AnyClient();
  const RemoteId remote = AnyRemote();
  if (client == nullptr || remotes_.IsLinked(remote, client->id())) return;
  std::string frame;
  AppendFrame(LinkMessage{{client->id().value}, {remote.value}}, frame);
  if (!writer_.CheckRoom(frame.size()).ok()) return;
  const bool live = remotes_.IsLive(remote);
  posted_.emplace_back([this, client, remote, live] {
    dispatcher_.LinkFromClient(client, remote, /*told=*/live);
  });
  if (!live) return;
  remotes_.NoteSeen(client->id());
  writer_.WriteControls(std::move(frame), 1);
}

void EndpointScript::TakeMail(Client& client) {
  Mail mail;
  client.woken = false;
  client.mailbox().Take(mail);
  for (size_t i = 0; i < mail.size(); ++i) {
    if (mail.head(i).kind == MailKind::kDelivery) ++client.deliveries;
  }
}

}  // namespace thespian::gateway
