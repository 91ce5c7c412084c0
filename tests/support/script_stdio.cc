#include "tests/support/script_stdio.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include "endpoint/wire/message.h"
#include "fmt/format.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

constexpr size_t kMostContent = 64u << 20;

}  // namespace

void GiveUp(int exit_code, std::string_view why) {
  std::fprintf(stderr, "scripted-child: %.*s\n", static_cast<int>(why.size()),
               why.data());
  _exit(exit_code);
}

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(fd, bytes.data(), bytes.size());
    if (size >= 0) {
      bytes.remove_prefix(static_cast<size_t>(size));
    } else if (errno != EINTR) {
      GiveUp(kExitWriteFailed,
             fmt::format("write to descriptor {}: {}", fd,
                         std::system_category().message(errno)));
    }
  }
}

// Returns fewer than `size` bytes only at the end of stdin.
size_t ScriptInput::Read(char* buffer, size_t size) {
  size_t got = 0;
  while (got < size) {
    const ssize_t piece = read(STDIN_FILENO, buffer + got, size - got);
    if (piece > 0) {
      got += static_cast<size_t>(piece);
    } else if (piece == 0 || errno != EINTR) {
      break;
    }
  }
  return got;
}

bool ScriptInput::Next(std::string_view& content) {
  std::array<char, kFrameHeadBytes> head{};
  const size_t got = Read(head.data(), head.size());
  if (got == 0) return false;
  if (got < head.size()) GiveUp(kExitBadFrame, "stdin ended inside a head");
  if (head[0] != '\x5a') GiveUp(kExitBadFrame, "a frame's head is not 5a");
  size_t size = 0;
  for (size_t i = 1; i < head.size(); ++i) {
    size = size << 8 | static_cast<uint8_t>(head[i]);
  }
  if (size > kMostContent) GiveUp(kExitBadFrame, "a frame is beyond 64 MiB");
  content_.resize(size);
  if (Read(content_.data(), size) < size) {
    GiveUp(kExitBadFrame, "stdin ended inside a frame");
  }
  if (record_ >= 0) WriteAll(record_, ToHex(content_) + "\n");
  content = content_;
  return true;
}

}  // namespace thespian::gateway
