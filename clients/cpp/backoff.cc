#include "clients/cpp/backoff.h"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

namespace thespian::gateway::client {
namespace {

constexpr absl::Duration kShortest = absl::Milliseconds(1);

BackoffOptions Sane(BackoffOptions options) {
  options.first = std::max(options.first, kShortest);
  options.longest = std::max(options.longest, options.first);
  options.growth = std::max(options.growth, 1.0);
  options.jitter = std::clamp(options.jitter, 0.0, 1.0);
  return options;
}

Backoff::Random SystemRandom() {
  auto engine = std::make_shared<std::minstd_rand>(std::random_device()());
  return [engine] {
    return std::uniform_real_distribution<double>(0, 1)(*engine);
  };
}

}  // namespace

Backoff::Backoff(const BackoffOptions& options, Random random)
    : options_(Sane(options)),
      random_(random ? std::move(random) : SystemRandom()),
      next_(options_.first) {}

absl::Duration Backoff::Next() {
  const absl::Duration whole = next_;
  next_ = std::min(next_ * options_.growth, options_.longest);
  return whole * (1 - options_.jitter * random_());
}

}  // namespace thespian::gateway::client
