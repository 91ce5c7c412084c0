// Runs a target over the files of its corpus: fuzz_TARGET PATH...
//
// Exit codes: 0 if the property held of every file, 1 if there was none or one
// could not be read; a property that does not hold aborts, after the name of
// the file was printed.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace thespian::gateway {
namespace {

namespace fs = std::filesystem;

// The files in `path` by name, or `path` itself if it is one.
std::vector<fs::path> FilesIn(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool TryFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string input{std::istreambuf_iterator<char>(file), {}};
  if (!file) return false;
  std::fprintf(stderr, "%s\n", path.c_str());
  TryInput(input);
  return true;
}

int Main(int argc, char** argv) {
  size_t tried = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& path : FilesIn(argv[i])) {
      if (!TryFile(path)) {
        std::fprintf(stderr, "%s can't be read\n", path.c_str());
        return 1;
      }
      ++tried;
    }
  }
  std::printf("%zu inputs\n", tried);
  return tried > 0 ? 0 : 1;
}

}  // namespace
}  // namespace thespian::gateway

int main(int argc, char** argv) { return thespian::gateway::Main(argc, argv); }
