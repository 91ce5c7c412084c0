// Streams that a test types into and reads from.
#ifndef TESTS_CLIENTS_CLI_CAPTURED_STREAMS_H_
#define TESTS_CLIENTS_CLI_CAPTURED_STREAMS_H_

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "clients/cli/streams.h"
#include "endpoint/check.h"
#include "endpoint/process/unique_fd.h"

namespace thespian::gateway::cli {

// What is written to a FILE.
class CapturedFile {
 public:
  CapturedFile() : file_(open_memstream(&text_, &size_)) {}
  ~CapturedFile() {
    std::fclose(file_);
    std::free(text_);
  }
  CapturedFile(const CapturedFile&) = delete;
  CapturedFile& operator=(const CapturedFile&) = delete;

  std::FILE* file() { return file_; }

  // Call it once nothing is written any more.
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  std::FILE* file_;
};

class CapturedStreams {
 public:
  CapturedStreams() {
    std::array<int, 2> ends;
    Check(pipe2(ends.data(), O_CLOEXEC) == 0, "there are descriptors left");
    input_ = UniqueFd(ends[0]);
    typist_ = UniqueFd(ends[1]);
  }

  Streams streams(bool terminal = false) {
    return {.input = input_.get(),
            .output = out_.file(),
            .notes = notes_.file(),
            .terminal = terminal};
  }

  // At most what a pipe holds.
  void Type(std::string_view text) {
    Check(write(typist_.get(), text.data(), text.size()) ==
              static_cast<ssize_t>(text.size()),
          "a pipe takes a few lines");
  }
  void EndInput() { typist_.Reset(); }
  int typist() const { return typist_.get(); }

  std::string output() { return out_.text(); }
  std::string notes() { return notes_.text(); }

 private:
  UniqueFd input_;
  UniqueFd typist_;
  CapturedFile out_;
  CapturedFile notes_;
};

}  // namespace thespian::gateway::cli

#endif  // TESTS_CLIENTS_CLI_CAPTURED_STREAMS_H_
