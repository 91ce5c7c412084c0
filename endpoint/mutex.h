// std::mutex with the annotations that clang's thread-safety analysis reads.
// (Debian's absl::Mutex is not built for TSan, which reports correct uses.)
//
// Every mutex of this project is a leaf: nothing foreign (callback, virtual
// call, log, destructor of a caller's object) runs under one.
#ifndef ENDPOINT_MUTEX_H_
#define ENDPOINT_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace thespian::gateway {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_MUTEX_H_
