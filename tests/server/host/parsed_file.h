// What the options are of a gateway that is started with a file.
//
// Ownership: values; the file is gone when the object is.
#ifndef TESTS_SERVER_HOST_PARSED_FILE_H_
#define TESTS_SERVER_HOST_PARSED_FILE_H_

#include <fstream>
#include <string>
#include <vector>

#include "server/host/options.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {

inline ParsedOptions ParseLine(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "thespian-gateway");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(argument.c_str());
  }
  return ParseOptions(static_cast<int>(argv.size()), argv.data());
}

class FileOfOptions {
 public:
  void Write(const std::string& text) const { std::ofstream(path()) << text; }

  // With these arguments behind --config.
  ParsedOptions Parse(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"--config", path()});
    return ParseLine(std::move(arguments));
  }
  ParsedOptions ParseText(const std::string& text,
                          std::vector<std::string> arguments = {}) const {
    Write(text);
    return Parse(std::move(arguments));
  }

  std::string path() const { return directory_.File("f.toml"); }

 private:
  const TempDir directory_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SERVER_HOST_PARSED_FILE_H_
