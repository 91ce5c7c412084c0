// A directory that is there as long as the object.
//
// Errors:    the process ends if the system refuses it.
#ifndef TESTS_SUPPORT_TEMP_DIR_H_
#define TESTS_SUPPORT_TEMP_DIR_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "endpoint/check.h"

namespace thespian::gateway {

class TempDir {
 public:
  TempDir() {
    std::string pattern = std::filesystem::temp_directory_path() / "tgXXXXXX";
    Check(mkdtemp(pattern.data()) != nullptr, "a directory can be made");
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string File(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TEMP_DIR_H_
