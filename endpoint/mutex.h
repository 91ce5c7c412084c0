// std::mutex with the annotations that clang's thread-safety analysis reads.
// (Debian's absl::Mutex is not built for TSan, which reports correct uses.)
//
// Every mutex of this project is a leaf: nothing foreign (callback, virtual
// call, log, destructor of a caller's object) runs under one. lock_check.h says
// how that is checked.
#ifndef ENDPOINT_MUTEX_H_
#define ENDPOINT_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "endpoint/lock_check.h"

namespace thespian::gateway {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock(const CodePlace& place = CodePlace::Here())
      ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    NoteLock(this, place);
    mutex_.lock();
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    mutex_.unlock();
    NoteUnlock(this);
  }
  // Where the analysis can't see that the lock is held.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

 private:
  friend class CondVar;

  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex, const CodePlace& place = CodePlace::Here())
      ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_.Lock(place);
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits for what is guarded by a Mutex, which is held before and after. It may
// return early: look again.
class CondVar {
 public:
  void Wait(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    changed_.wait(lock);
    lock.release();
  }
  void WaitFor(Mutex& mutex, std::chrono::nanoseconds most)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    changed_.wait_for(lock, most);
    lock.release();
  }
  void NotifyOne() { changed_.notify_one(); }

 private:
  std::condition_variable changed_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_MUTEX_H_
