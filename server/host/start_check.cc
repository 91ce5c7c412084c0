#include "server/host/start_check.h"

#include <fcntl.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "endpoint/process/search_path.h"
#include "endpoint/socket/address.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/host/endpoint_tables.h"
#include "server/host/option_entries.h"
#include "server/tls/certificate_check.h"

namespace thespian::gateway {
namespace {

std::string Message(int error) { return std::system_category().message(error); }

// 0, or why not.
int AccessError(const std::string& path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

// 0, or why it can't be entered, or written to.
int DirectoryError(const std::string& path, int mode) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return errno;
  return S_ISDIR(status.st_mode) ? AccessError(path, mode) : ENOTDIR;
}

// From where the child starts.
int FileError(const std::string& path, const std::string& directory) {
  const std::string full = std::filesystem::path(directory) / path;
  struct stat status {};
  if (stat(full.c_str(), &status) != 0) return errno;
  return S_ISREG(status.st_mode) ? AccessError(full, X_OK) : EACCES;
}

// Looks for it where execvp does.
int ProgramError(const std::string& program, const std::string& directory) {
  if (program.find('/') != std::string::npos) {
    return FileError(program, directory);
  }
  if (program.empty()) return ENOENT;
  int error = ENOENT;
  for (const std::string& file : FilesInPath(program)) {
    const int here = FileError(file, directory);
    if (here == 0) return 0;
    if (here == EACCES) error = EACCES;
  }
  return error;
}

class StartCheck {
 public:
  explicit StartCheck(const Options& options) : options_(options) {}

  std::vector<Finding> Run() {
    CheckAddresses();
    CheckPortFile();
    for (const PoolOptions& pool : options_.pools) CheckEndpoint(pool);
    return std::move(findings_);
  }

 private:
  void Find(ExitCode exit, std::string text) {
    findings_.push_back({.exit = exit, .text = std::move(text)});
  }

  void CheckAddresses();
  void CheckAddress(const std::string& option, const std::string& text);
  void CheckHost(const std::string& option, const std::string& text,
                 const TcpAddress& address);
  void CheckSocket(const std::string& option, const std::string& text,
                   const UnixAddress& address);
  void CheckTls(const std::string& option, const TlsFiles& files);
  void CheckFolderOf(const std::string& option, const std::string& path);
  void CheckPortFile();
  void CheckEndpoint(const PoolOptions& pool);
  void CheckPeers(const PoolOptions& pool);
  void CheckPeerUser(const PoolOptions& pool, const std::string& user);
  void CheckUser(const PoolOptions& pool);
  void CheckDirectory(const PoolOptions& pool);
  void CheckProgram(const PoolOptions& pool);
  std::string Label(const PoolOptions& pool, const std::string& key) const;

  const Options& options_;
  std::vector<Finding> findings_;
  std::vector<Address> seen_;
};

// --- Addresses -------------------------------------------------------------

void StartCheck::CheckAddresses() {
  for (const ListenerTerms& terms : options_.server.listen) {
    for (const std::string& text : terms.addresses) {
      CheckAddress(terms.source, text);
    }
    if (terms.tls.has_value()) CheckTls(terms.source, *terms.tls);
  }
  if (!options_.metrics_listen.empty()) {
    CheckAddress("--metrics-listen", options_.metrics_listen);
  }
}

void StartCheck::CheckAddress(const std::string& option,
                              const std::string& text) {
  const absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) {
    return Find(ExitCode::kConfig,
                fmt::format("{}: {}", option, MessageOf(address.status())));
  }
  const auto* tcp = std::get_if<TcpAddress>(&*address);
  const bool any_port = tcp != nullptr && tcp->port == 0;
  if (!any_port &&
      std::find(seen_.begin(), seen_.end(), *address) != seen_.end()) {
    Find(ExitCode::kConfig,
         fmt::format("{}: '{}' is listened on twice", option, text));
  }
  seen_.push_back(*address);
  if (tcp != nullptr) return CheckHost(option, text, *tcp);
  CheckSocket(option, text, std::get<UnixAddress>(*address));
}

void StartCheck::CheckTls(const std::string& option, const TlsFiles& files) {
  const absl::StatusOr<PemTexts> texts = ReadPemTexts(files);
  const absl::Status status =
      texts.ok() ? CheckCertificates(files, *texts, absl::Now()).status()
                 : texts.status();
  if (status.ok()) return;
  Find(ExitCode::kConfig, fmt::format("{}: {}", option, MessageOf(status)));
}

void StartCheck::CheckHost(const std::string& option, const std::string& text,
                           const TcpAddress& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(),
                  &hints, &found);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found,
                                                             freeaddrinfo);
  if (error == 0) return;
  const std::string why =
      error == EAI_SYSTEM ? Message(errno) : gai_strerror(error);
  Find(ExitCode::kConfig, fmt::format("{}: '{}': {}", option, text, why));
}

void StartCheck::CheckSocket(const std::string& option, const std::string& text,
                             const UnixAddress& address) {
  if (address.abstract) return;
  struct stat status {};
  if (lstat(address.name.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return Find(ExitCode::kConfig,
                fmt::format("{}: '{}': a file that is no socket is there",
                            option, text));
  }
  CheckFolderOf(option, address.name);
}

// --- Files -----------------------------------------------------------------

void StartCheck::CheckFolderOf(const std::string& option,
                               const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const int error = DirectoryError(folder, W_OK | X_OK);
  if (error == 0) return;
  Find(ExitCode::kConfig,
       fmt::format("{}: no file can be made in the directory '{}': {}", option,
                   folder, Message(error)));
}

// As WritePortFile does it: over what is no ordinary file, else by its folder.
void StartCheck::CheckPortFile() {
  const std::string& path = options_.port_file;
  if (path.empty()) return;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) {
    return CheckFolderOf("--port-file", path);
  }
  const int error = S_ISDIR(status.st_mode) ? EISDIR : AccessError(path, W_OK);
  if (error == 0) return;
  Find(ExitCode::kConfig, fmt::format("--port-file: '{}' can't be written: {}",
                                      path, Message(error)));
}

// --- Endpoints -------------------------------------------------------------

// Where the only endpoint is the command line's, as that calls it.
std::string StartCheck::Label(const PoolOptions& pool,
                              const std::string& key) const {
  if (options_.pools.size() == 1 && pool.member.name == kDefaultEndpoint) {
    return key == kCommandKey ? "COMMAND" : "--" + key;
  }
  return fmt::format("endpoint '{}': {}", pool.member.name, key);
}

void StartCheck::CheckEndpoint(const PoolOptions& pool) {
  CheckUser(pool);
  CheckDirectory(pool);
  CheckProgram(pool);
  CheckPeers(pool);
}

// Whether there is a peer where one is dialled is not looked at: it may come.
void StartCheck::CheckPeers(const PoolOptions& pool) {
  if (!pool.accept.empty()) CheckAddress(Label(pool, "accept"), pool.accept);
  for (const std::string& user : pool.accept_users) CheckPeerUser(pool, user);
  const std::string& text = pool.member.connect;
  if (text.empty()) return;
  const absl::StatusOr<Address> address = ParseAddress(text);
  const auto* tcp = address.ok() ? std::get_if<TcpAddress>(&*address) : nullptr;
  if (tcp != nullptr) CheckHost(Label(pool, "connect"), text, *tcp);
}

void StartCheck::CheckPeerUser(const PoolOptions& pool,
                               const std::string& user) {
  uid_t number = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet.
  if (absl::SimpleAtoi(user, &number) || getpwnam(user.c_str()) != nullptr) {
    return;
  }
  Find(ExitCode::kConfig, fmt::format("{}: there is no user '{}'",
                                      Label(pool, "accept-users"), user));
}

// --- Children --------------------------------------------------------------

void StartCheck::CheckUser(const PoolOptions& pool) {
  const std::string& user = pool.member.command.setup.user;
  if (user.empty()) return;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet.
  if (getpwnam(user.c_str()) == nullptr) {
    return Find(ExitCode::kChildCantRun,
                fmt::format("{}: there is no user '{}'",
                            Label(pool, "child-user"), user));
  }
  if (geteuid() != 0) {
    Find(ExitCode::kChildCantRun,
         fmt::format("{}: only root can start a child as somebody else",
                     Label(pool, "child-user")));
  }
}

void StartCheck::CheckDirectory(const PoolOptions& pool) {
  const std::string& path = pool.member.command.setup.directory;
  if (path.empty()) return;
  const int error = DirectoryError(path, X_OK);
  if (error == 0) return;
  Find(ExitCode::kChildCantRun,
       fmt::format("{}: '{}' can't be entered: {}",
                   Label(pool, "child-directory"), path, Message(error)));
}

void StartCheck::CheckProgram(const PoolOptions& pool) {
  const ChildCommand& command = pool.member.command;
  if (command.arguments.empty()) return;
  const std::string& program = command.arguments.front();
  const int error = ProgramError(program, command.setup.directory);
  if (error == 0) return;
  Find(ExitCode::kChildCantRun,
       fmt::format("{}: '{}' can't be executed: {}", Label(pool, kCommandKey),
                   program, Message(error)));
}

}  // namespace

std::vector<Finding> CheckStart(const Options& options) {
  return StartCheck(options).Run();
}

}  // namespace thespian::gateway
