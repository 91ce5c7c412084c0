#include "endpoint/lock_check.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

namespace thespian::gateway {
namespace {

constexpr size_t kMostHeld = 16;
constexpr char kReportVariable[] = "TG_LOCK_REPORT";

struct Held {
  const void* mutex;
  CodePlace place;
};

// No destructor: it is used until the very end of a thread.
struct HeldLocks {
  std::array<Held, kMostHeld> locks;
  size_t count;
};

thread_local HeldLocks held_locks{};

// What the process records and reports. Its mutex is a plain one: it is not
// checked itself.
struct Notes {
  std::mutex mutex;
  std::vector<LockRecord::Entry> entries;
  std::set<std::string> reported;
  std::atomic<bool> recording = false;
};

// Never destroyed: threads may still lock while statics are.
Notes& TheNotes() {
  static Notes& notes = *new Notes;
  return notes;
}

std::string_view ShortFile(std::string_view file) {
  constexpr std::array<std::string_view, 5> kFolders = {
      "endpoint/", "server/", "clients/", "examples/", "tests/"};
  size_t start = file.size();
  for (const std::string_view folder : kFolders) {
    start = std::min(start, file.find(folder));
  }
  return start == file.size() ? file : file.substr(start);
}

void Report(const char* file, const std::string& breach) {
  Notes& notes = TheNotes();
  const std::lock_guard lock(notes.mutex);
  if (!notes.reported.insert(breach).second) return;
  const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written =
      write(fd, breach.data(), breach.size());
  close(fd);
}

void Complain(const char* what, const CodePlace& place) {
  const Held& holder = held_locks.locks[held_locks.count - 1];
  if (const char* file = std::getenv(kReportVariable)) {
    return Report(file, NameOf(holder.place) + " | " + NameOf(place) + " | " +
                            what + "\n");
  }
  std::fprintf(stderr,
               "bug: %s:%d (%s) %s while a lock is held, since %s:%d (%s)\n",
               place.file, place.line, place.function, what, holder.place.file,
               holder.place.line, holder.place.function);
  std::abort();
}

}  // namespace

std::string NameOf(const CodePlace& place) {
  // Gcc names a template's arguments, too.
  const std::string_view function = place.function;
  return std::string(ShortFile(place.file)) + " " +
         std::string(function.substr(0, function.find('<')));
}

void NoteLock(const void* mutex, const CodePlace& place) {
  HeldLocks& held = held_locks;
  if (held.count > 0) Complain("takes a lock", place);
  if (held.count == kMostHeld) std::abort();
  held.locks[held.count++] = {.mutex = mutex, .place = place};
  Notes& notes = TheNotes();
  if (!notes.recording) return;
  const std::lock_guard lock(notes.mutex);
  notes.entries.push_back({.mutex = mutex, .place = place});
}

void NoteUnlock(const void* mutex) {
  HeldLocks& held = held_locks;
  const auto end = held.locks.begin() + held.count;
  const auto it =
      std::find_if(held.locks.begin(), end,
                   [mutex](const Held& one) { return one.mutex == mutex; });
  if (it == end) std::abort();
  std::move(it + 1, end, it);
  --held.count;
}

void AssertNoLockHeld(const CodePlace& place) {
  if (held_locks.count > 0) Complain("calls out", place);
}

LockRecord::LockRecord() { TheNotes().recording = true; }

LockRecord::~LockRecord() {
  TheNotes().recording = false;
  Take();
}

std::vector<LockRecord::Entry> LockRecord::Take() {
  Notes& notes = TheNotes();
  const std::lock_guard lock(notes.mutex);
  return std::exchange(notes.entries, {});
}

}  // namespace thespian::gateway
