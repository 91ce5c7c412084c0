// Checks that every mutex is a leaf, in a build with TG_LOCK_CHECK; in others
// it does nothing and costs nothing.
//
// A thread that takes a lock while it holds another, or calls out (gRPC, a
// callback, the log) while it holds one, ends the process with both places.
// With TG_LOCK_REPORT=FILE in the environment it adds them to that file
// instead, once a process, and goes on.
//
// Ownership: the locks held are each thread's own; a LockRecord's entries are
//   its own.
// Threads:   safe from any thread. One LockRecord at a time.
// Errors:    a breach ends the process.
// Memory:    16 places a thread; a LockRecord keeps every acquisition.
#ifndef ENDPOINT_LOCK_CHECK_H_
#define ENDPOINT_LOCK_CHECK_H_

#include <string>
#include <vector>

namespace thespian::gateway {

// A place in the sources. (Clang 14 lacks what std::source_location needs.)
struct CodePlace {
  const char* file;
  int line;
  const char* function;

  // As an argument's default, it is the caller's place.
  static constexpr CodePlace Here(const char* file = __builtin_FILE(),
                                  int line = __builtin_LINE(),
                                  const char* function = __builtin_FUNCTION()) {
    return {.file = file, .line = line, .function = function};
  }
};

#ifdef TG_LOCK_CHECK

// To be called before `mutex` is taken, and after it was let go.
void NoteLock(const void* mutex, const CodePlace& place);
void NoteUnlock(const void* mutex);

// To be called before anything foreign is.
void AssertNoLockHeld(const CodePlace& place = CodePlace::Here());

// Every acquisition of every thread while it lives.
class LockRecord {
 public:
  struct Entry {
    const void* mutex;
    CodePlace place;
  };

  LockRecord();
  ~LockRecord();
  LockRecord(const LockRecord&) = delete;
  LockRecord& operator=(const LockRecord&) = delete;

  // Those since it began, or since the last call.
  std::vector<Entry> Take();
};

// "endpoint/frame_writer.cc Reserve": without the line, which changes.
std::string NameOf(const CodePlace& place);

#else

inline void NoteLock(const void* /*mutex*/, const CodePlace& /*place*/) {}
inline void NoteUnlock(const void* /*mutex*/) {}
inline void AssertNoLockHeld(const CodePlace& /*place*/ = CodePlace::Here()) {}

#endif

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOCK_CHECK_H_
