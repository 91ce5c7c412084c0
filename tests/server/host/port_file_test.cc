#include "server/host/port_file.h"

#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;

// While it lives no ordinary file can grow: the system refuses as it does when
// a disk is full.
class NoRoom {
 public:
  NoRoom() : before_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit none{.rlim_cur = 0, .rlim_max = limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoRoom() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    signal(SIGXFSZ, before_);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  rlimit limit_{};
  sighandler_t before_;
};

class PortFileTest : public ::testing::Test {
 protected:
  static std::string TextOf(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t CountFiles() const {
    const std::filesystem::directory_iterator files(directory_.File("."));
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  const TempDir directory_;
  const std::string path_ = directory_.File("port");
};

TEST_F(PortFileTest, HasALineForEach) {
  EXPECT_THAT(WritePortFile(path_, {"127.0.0.1:1", "metrics 127.0.0.1:2"}),
              IsOk());

  EXPECT_EQ(TextOf(path_), "127.0.0.1:1\nmetrics 127.0.0.1:2\n");
  EXPECT_EQ(CountFiles(), 1u);
}

TEST_F(PortFileTest, NothingIsLeftBehindWhenThereIsNoRoom) {
  absl::Status status;
  {
    const NoRoom no_room;
    status = WritePortFile(path_, {"127.0.0.1:1"});
  }
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  EXPECT_EQ(CountFiles(), 0u);
}

TEST_F(PortFileTest, AFormerFileStaysWhenThereIsNoRoom) {
  ASSERT_THAT(WritePortFile(path_, {"127.0.0.1:1"}), IsOk());
  {
    const NoRoom no_room;
    EXPECT_FALSE(WritePortFile(path_, {"127.0.0.1:2"}).ok());
  }
  EXPECT_EQ(TextOf(path_), "127.0.0.1:1\n");
  EXPECT_EQ(CountFiles(), 1u);
}

TEST_F(PortFileTest, AFullDeviceIsTold) {
  EXPECT_THAT(
      std::string(WritePortFile("/dev/full", {"127.0.0.1:1"}).message()),
      HasSubstr("No space left"));
}

}  // namespace
}  // namespace thespian::gateway
