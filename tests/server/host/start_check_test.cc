#include "server/host/start_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

auto Finds(ExitCode exit, const std::string& option, const std::string& why) {
  return AllOf(Field(&Finding::exit, exit),
               Field(&Finding::text, AllOf(HasSubstr(option), HasSubstr(why))));
}

class StartCheckTest : public ::testing::Test {
 protected:
  StartCheckTest() {
    Listen({"127.0.0.1:0"});
    options_.pools.emplace_back();
    command().arguments = {"true"};
  }
  void Listen(const std::vector<std::string>& addresses) {
    options_.server.listen = {{.addresses = addresses}};
  }
  // Of the first endpoint.
  ChildCommand& command() { return options_.pools.front().member.command; }
  PoolOptions& AddPool(const std::string& name) {
    options_.pools.emplace_back().member.name = name;
    return options_.pools.back();
  }
  std::string MakeFile(const std::string& name, mode_t mode) const {
    std::ofstream(directory_.File(name)) << "text\n";
    chmod(directory_.File(name).c_str(), mode);
    return directory_.File(name);
  }

  const TempDir directory_;
  Options options_;
};

TEST_F(StartCheckTest, FindsNothingWhereAllIsWell) {
  Listen({"127.0.0.1:0", "127.0.0.1:0", "unix:" + directory_.File("s"),
          "unix:@s"});
  options_.metrics_listen = "localhost:0";
  options_.port_file = directory_.File("port");
  command().setup.directory = directory_.File(".");
  MakeFile("program", 0755);
  command().arguments = {"./program"};

  EXPECT_THAT(CheckStart(options_), IsEmpty());
}

TEST_F(StartCheckTest, FindsAddressesThatCantBeListenedOn) {
  Listen({"127.0.0.1:7", "[fe80::1%nowhere]:0",
          "unix:" + directory_.File("no/s")});
  options_.server.listen.push_back(
      {.addresses = {"unix:" + MakeFile("text", 0644)},
       .source = "--admin-listen"});
  options_.metrics_listen = "127.0.0.1:7";

  EXPECT_THAT(
      CheckStart(options_),
      ElementsAre(
          Finds(ExitCode::kConfig, "--listen", "'[fe80::1%nowhere]:0'"),
          Finds(ExitCode::kConfig, "--listen", "No such file"),
          Finds(ExitCode::kConfig, "--admin-listen", "no socket is there"),
          Finds(ExitCode::kConfig, "--metrics-listen", "twice")));
}

TEST_F(StartCheckTest, FindsCertificatesThatCantBeUsed) {
  Listen({"127.0.0.1:0"});
  options_.server.listen[0].tls = {.certificate = MakeFile("c", 0644),
                                   .key = directory_.File("no")};
  EXPECT_THAT(CheckStart(options_),
              ElementsAre(Finds(ExitCode::kConfig, "--listen",
                                directory_.File("no") + ": can't be read")));
  options_.server.listen[0].tls->key = MakeFile("k", 0644);
  EXPECT_THAT(CheckStart(options_),
              ElementsAre(Finds(ExitCode::kConfig, "--listen",
                                directory_.File("c") + ": there is no "
                                                       "certificate in it")));
}

TEST_F(StartCheckTest, FindsAPortFileThatCantBeWritten) {
  options_.port_file = directory_.File("no/port");
  EXPECT_THAT(CheckStart(options_),
              ElementsAre(Finds(ExitCode::kConfig, "--port-file",
                                directory_.File("no") + "': No such file")));
  options_.port_file = directory_.File(".");
  EXPECT_THAT(
      CheckStart(options_),
      ElementsAre(Finds(ExitCode::kConfig, "--port-file", "Is a directory")));
}

TEST_F(StartCheckTest, FindsThatThereIsNoSuchUser) {
  command().setup.user = "no-such-user";
  EXPECT_THAT(CheckStart(options_),
              ElementsAre(Finds(ExitCode::kChildCantRun, "--child-user",
                                "'no-such-user'")));
}

TEST_F(StartCheckTest, FindsThatOnlyRootStartsAChildAsSomebodyElse) {
  command().setup.user = "nobody";
  if (geteuid() == 0) {
    EXPECT_THAT(CheckStart(options_), IsEmpty());
  } else {
    EXPECT_THAT(CheckStart(options_),
                ElementsAre(Finds(ExitCode::kChildCantRun, "--child-user",
                                  "only root")));
  }
}

TEST_F(StartCheckTest, FindsADirectoryThatIsNone) {
  command().setup.directory = directory_.File("no");
  EXPECT_THAT(CheckStart(options_),
              ElementsAre(Finds(ExitCode::kChildCantRun, "--child-directory",
                                "No such file")));
  command().setup.directory = MakeFile("text", 0644);
  EXPECT_THAT(CheckStart(options_),
              ElementsAre(Finds(ExitCode::kChildCantRun, "--child-directory",
                                "Not a directory")));
}

TEST_F(StartCheckTest, FindsAProgramThatIsNoneOrNotThere) {
  const struct {
    std::string program;
    std::string why;
  } rows[] = {
      {"no-such-program-anywhere", "No such file"},
      {directory_.File("no"), "No such file"},
      {MakeFile("text", 0644), "Permission denied"},
      {directory_.File("."), "Permission denied"},
      {"", "No such file"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.program);
    command().arguments = {row.program};
    EXPECT_THAT(CheckStart(options_), ElementsAre(Finds(ExitCode::kChildCantRun,
                                                        row.program, row.why)));
  }
}

TEST_F(StartCheckTest, LooksAtEveryEndpointAndNamesIt) {
  PoolOptions& no_user = AddPool("a");
  no_user.member.command.arguments = {"true"};
  no_user.member.command.setup.user = "no-such-user";
  AddPool("b").member.command.arguments = {"no-such-program"};
  PoolOptions& elsewhere = AddPool("c");
  elsewhere.member.command.arguments = {"./program"};
  elsewhere.member.command.setup.directory = directory_.File(".");
  MakeFile("program", 0755);
  AddPool("d").member.command.setup.directory = directory_.File("no");

  EXPECT_THAT(
      CheckStart(options_),
      ElementsAre(Finds(ExitCode::kChildCantRun,
                        "endpoint 'a': child-user: ", "no user"),
                  Finds(ExitCode::kChildCantRun,
                        "endpoint 'b': command: ", "No such file"),
                  Finds(ExitCode::kChildCantRun,
                        "endpoint 'd': child-directory: ", "No such file")));
}

TEST_F(StartCheckTest, LooksAtTheAddressesOfPeers) {
  PoolOptions& sockets = AddPool("a");
  sockets.accept = "unix:" + directory_.File("no/s");
  sockets.accept_users = {"root", "7", "no-such-user"};
  Listen({"127.0.0.1:7"});
  AddPool("b").accept = "127.0.0.1:7";
  AddPool("c").member.connect = "unix:" + directory_.File("not-yet");
  AddPool("d").member.connect = "[fe80::1%nowhere]:7";

  EXPECT_THAT(
      CheckStart(options_),
      ElementsAre(
          Finds(ExitCode::kConfig, "endpoint 'a': accept: ", "No such file"),
          Finds(ExitCode::kConfig,
                "endpoint 'a': accept-users: ", "'no-such-user'"),
          Finds(ExitCode::kConfig, "endpoint 'b': accept: ", "twice"),
          Finds(ExitCode::kConfig,
                "endpoint 'd': connect: ", "'[fe80::1%nowhere]:7'")));
}

}  // namespace
}  // namespace thespian::gateway
