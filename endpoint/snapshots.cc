#include "endpoint/snapshots.h"

#include <utility>

namespace thespian::gateway {

bool Snapshots::Ask(Take take) {
  asked_.push_back(std::move(take));
  return !std::exchange(busy_, true);
}

bool Snapshots::Step(const std::shared_ptr<RemoteActors>& table) {
  if (table_ == nullptr && !asked_.empty()) Begin(table);
  if (table_ != nullptr) {
    auto proxies = table_->ContinuePicture(pieces_in_step_);
    if (proxies != nullptr) Complete(std::move(proxies));
  }
  busy_ = table_ != nullptr || !asked_.empty();
  return busy_;
}

void Snapshots::Begin(const std::shared_ptr<RemoteActors>& table) {
  takers_ = std::exchange(asked_, {});
  if (table != nullptr) {
    const SharedSnapshot given = Reusable(*table);
    if (given != nullptr) return Give(given);
  }
  taken_ = describe_();
  if (table == nullptr) return Complete(nullptr);
  table_ = table;
  table_->BeginPicture();
}

void Snapshots::Complete(std::shared_ptr<const ProxyPicture> proxies) {
  table_ = nullptr;
  taken_.proxies = std::move(proxies);
  const auto snapshot =
      std::make_shared<const EndpointSnapshot>(std::move(taken_));
  given_.push_back(snapshot);
  Give(snapshot);
}

void Snapshots::Give(const SharedSnapshot& snapshot) {
  for (Take& take : std::exchange(takers_, {})) std::move(take)(snapshot);
}

SharedSnapshot Snapshots::Reusable(const RemoteActors& table) {
  std::erase_if(given_, [](const auto& weak) { return weak.expired(); });
  size_t pictures = 0;
  SharedSnapshot last;
  for (const auto& weak : given_) {
    const SharedSnapshot snapshot = weak.lock();
    if (snapshot == nullptr) continue;
    if (last == nullptr || last->proxies != snapshot->proxies) ++pictures;
    last = snapshot;
  }
  if (pictures < kMostPictures || table.HasCurrentPicture()) return nullptr;
  return journal_.IsRecent(last->sequence) ? last : nullptr;
}

}  // namespace thespian::gateway
