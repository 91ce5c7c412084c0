// Where a command reads and writes.
//
// Ownership: borrows what it names.
// Threads:   PrintLine is safe from any thread: a line is written as a whole.
#ifndef CLIENTS_CLI_STREAMS_H_
#define CLIENTS_CLI_STREAMS_H_

#include <cstdio>
#include <string>

namespace thespian::gateway::cli {

struct Streams {
  int input = 0;
  std::FILE* output = nullptr;  // results
  std::FILE* notes = nullptr;   // everything else
  bool terminal = false;        // a person types the input
};

inline void PrintLine(std::FILE* file, std::string line) {
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), file);
  std::fflush(file);
}

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_STREAMS_H_
