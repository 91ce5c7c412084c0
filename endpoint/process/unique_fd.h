// Owns one file descriptor.
#ifndef ENDPOINT_PROCESS_UNIQUE_FD_H_
#define ENDPOINT_PROCESS_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace thespian::gateway {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = other.Release();
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

  // Linux closes the descriptor even when close is interrupted: never again.
  void Reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_UNIQUE_FD_H_
