// So many a second, and so many at once: what is not used up to then stays for
// later.
//
// Ownership: a value.
// Threads:   thread-compatible.
// Errors:    none.
// Memory:    none.
#ifndef SERVER_ACCESS_TOKEN_BUCKET_H_
#define SERVER_ACCESS_TOKEN_BUCKET_H_

#include <algorithm>
#include <chrono>

namespace thespian::gateway {

class TokenBucket {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Full at the beginning. `rate` and `most` are above 0.
  TokenBucket(double rate, double most, TimePoint now)
      : rate_(rate), most_(most), left_(most), at_(now) {}

  // False: there are not so many; none is taken. More than fit in are taken
  // when it is full, and owed.
  bool Take(double count, TimePoint now) {
    Refill(now);
    if (left_ < std::min(count, most_)) return false;
    left_ -= count;
    return true;
  }

  double rate() const { return rate_; }

  bool IsFull(TimePoint now) {
    Refill(now);
    return left_ >= most_;
  }

 private:
  void Refill(TimePoint now) {
    const double seconds = std::chrono::duration<double>(now - at_).count();
    if (seconds <= 0) return;
    left_ = std::min(most_, left_ + seconds * rate_);
    at_ = now;
  }

  double rate_;
  double most_;
  double left_;
  TimePoint at_;
};

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_TOKEN_BUCKET_H_
