// scripted-child: does what its arguments say, one verb each, in their order.
//
//   hex:HEX             writes these bytes, in one write
//   split:HEX           writes these bytes one by one
//   repeat:N:HEX        writes these bytes N times
//   announce:N          writes the head of a frame of N bytes
//   dialect:NAME        how ids are written from now on (plain at first)
//   from:ID             the actor that speaks from now on (1 at first)
//   send:TO:TEXT        sends a text to the gateway's actor TO
//   send-named:NAME:TEXT
//   link:TO             links to the gateway's actor TO
//   die:REASON          the exit of the actor that speaks
//   proxies:N           the actors 1 to N say something to the name "nobody"
//   exits:N             the actors 1 to N exit
//   frames:N            takes N frames from stdin, and not a byte more
//   record:FD_OR_PATH   appends the content of every frame that is taken from
//                       now on as one line of hex; to a new file, or to a
//                       descriptor if it is a number
//   until-eof           takes every frame until stdin ends
//   echo                the same, and sends each payload back to its sender
//   mute                the same as until-eof, then waits for ever
//   deaf                waits for ever
//   stderr:TEXT         writes a line to stderr
//   stderr-flood:N      writes N lines to stderr: "flood 1" to "flood N"
//   close-stdin, close-stdout
//   connect:ADDRESS     dials, and takes the socket in place of stdin and
//                       stdout from now on; HOST:PORT (a number), unix:PATH or
//                       unix:@NAME
//   listen:ADDRESS      the same with the first that dials it; "listening on
//                       ADDRESS" on stderr
//   half-close          ends what it writes to the socket
//   ignore-sigterm
//   stop                stops itself with SIGSTOP
//   signal:N            raises that signal
//   exit:N              ends at once
//   grandchild          starts a deaf copy of itself that holds the same stdin,
//                       stdout and stderr; "grandchild PID" on stderr
//   fds                 "fds: 0 1 2" on stderr: the descriptors it has
//   env:NAME            "env: NAME=VALUE", or "env: NAME is not set"
//   signals             "signals: blocked HEX ignored HEX", as the kernel
//                       writes its masks
//
// When stdin ends in `frames`, the script is over. At its end stdin is read
// until it ends. Exit codes: 0 after that, 64 for a bad script, 97 when a write
// failed, 98 when stdin was no stream of the gateway's frames.
#include <cbor.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/message.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "tests/support/hex.h"
#include "tests/support/own_process.h"
#include "tests/support/script_stdio.h"
#include "tests/support/thespian_model/sockets.h"

namespace thespian::gateway {
namespace {

constexpr size_t kBlockBytes = 65'536;

uint64_t ToNumber(std::string_view text) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number)) {
    GiveUp(kExitBadScript, fmt::format("'{}' is no number", text));
  }
  return number;
}

// "a:b" as a and b; b may hold further colons.
struct Halves {
  std::string_view first;
  std::string_view second;
};

Halves Split(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

void Say(std::string_view line) {
  WriteAll(STDERR_FILENO, fmt::format("{}\n", line));
}

[[noreturn]] void WaitForEver() {
  for (;;) pause();
}

// Any length up to 2^64 - 1: 5a with 4 bytes, or 5b with 8.
std::string HeadOf(uint64_t size) {
  const size_t width = size > UINT32_MAX ? 8 : 4;
  std::string head(1, width == 8 ? '\x5b' : '\x5a');
  for (size_t i = width; i > 0; --i) {
    head += static_cast<char>(size >> (8 * (i - 1)));
  }
  return head;
}

std::string TextItem(std::string_view text) {
  std::array<unsigned char, 9> head{};
  const size_t size =
      cbor_encode_string_start(text.size(), head.data(), head.size());
  return std::string(head.begin(), head.begin() + size).append(text);
}

class Script {
 public:
  explicit Script(const char* program) : program_(program) {}

  void Run(std::string_view step);
  void UntilEof();

 private:
  using Verb = void (Script::*)(std::string_view argument);
  struct Entry {
    std::string_view name;
    Verb verb;
  };

  static Verb Find(std::string_view name);

  void Hex(std::string_view hex);
  void Bytewise(std::string_view hex);
  void Repeatedly(std::string_view argument);
  void Announce(std::string_view size);
  void InDialect(std::string_view name);
  void From(std::string_view id);
  void Send(std::string_view argument);
  void SendNamed(std::string_view argument);
  void Link(std::string_view to);
  void Die(std::string_view reason);
  void Proxies(std::string_view count);
  void Exits(std::string_view count);
  void Frames(std::string_view count);
  void Record(std::string_view where);
  void ReadOn(std::string_view);
  void Echo(std::string_view);
  void Mute(std::string_view);
  void Deaf(std::string_view);
  void Stderr(std::string_view text);
  void StderrFlood(std::string_view count);
  void CloseStdin(std::string_view);
  void CloseStdout(std::string_view);
  void Connect(std::string_view address);
  void Listen(std::string_view address);
  void HalfClose(std::string_view);
  void IgnoreSigterm(std::string_view);
  void Stop(std::string_view);
  void Signal(std::string_view number);
  void Exit(std::string_view code);
  void Grandchild(std::string_view);
  void Fds(std::string_view);
  void Env(std::string_view name);
  void Signals(std::string_view);

  template <typename AnyMessage>
  void Write(const AnyMessage& message);
  void WriteForEach(uint64_t count,
                    const std::function<void(WriterId, std::string&)>& append);

  const char* const program_;
  IdForm ids_ = IdForm::kPlain;
  WriterId self_{1};
  ScriptInput input_;
};

Script::Verb Script::Find(std::string_view name) {
  static constexpr std::array kVerbs{
      Entry{"hex", &Script::Hex},
      Entry{"split", &Script::Bytewise},
      Entry{"repeat", &Script::Repeatedly},
      Entry{"announce", &Script::Announce},
      Entry{"dialect", &Script::InDialect},
      Entry{"from", &Script::From},
      Entry{"send", &Script::Send},
      Entry{"send-named", &Script::SendNamed},
      Entry{"link", &Script::Link},
      Entry{"die", &Script::Die},
      Entry{"proxies", &Script::Proxies},
      Entry{"exits", &Script::Exits},
      Entry{"frames", &Script::Frames},
      Entry{"record", &Script::Record},
      Entry{"until-eof", &Script::ReadOn},
      Entry{"echo", &Script::Echo},
      Entry{"mute", &Script::Mute},
      Entry{"deaf", &Script::Deaf},
      Entry{"stderr", &Script::Stderr},
      Entry{"stderr-flood", &Script::StderrFlood},
      Entry{"close-stdin", &Script::CloseStdin},
      Entry{"close-stdout", &Script::CloseStdout},
      Entry{"connect", &Script::Connect},
      Entry{"listen", &Script::Listen},
      Entry{"half-close", &Script::HalfClose},
      Entry{"ignore-sigterm", &Script::IgnoreSigterm},
      Entry{"stop", &Script::Stop},
      Entry{"signal", &Script::Signal},
      Entry{"exit", &Script::Exit},
      Entry{"grandchild", &Script::Grandchild},
      Entry{"fds", &Script::Fds},
      Entry{"env", &Script::Env},
      Entry{"signals", &Script::Signals},
  };
  const auto entry =
      std::find_if(kVerbs.begin(), kVerbs.end(),
                   [&](const Entry& e) { return e.name == name; });
  if (entry == kVerbs.end()) {
    GiveUp(kExitBadScript, fmt::format("no verb is named '{}'", name));
  }
  return entry->verb;
}

void Script::Run(std::string_view step) {
  const Halves halves = Split(step);
  (this->*Find(halves.first))(halves.second);
}

template <typename AnyMessage>
void Script::Write(const AnyMessage& message) {
  std::string frame;
  AppendFrame(message, frame, ids_);
  WriteAll(STDOUT_FILENO, frame);
}

// Writes what `append` makes of the ids 1 to `count`, in large blocks.
void Script::WriteForEach(
    uint64_t count, const std::function<void(WriterId, std::string&)>& append) {
  std::string block;
  for (WriterId id{1}; id.value <= count; ++id.value) {
    append(id, block);
    if (block.size() < kBlockBytes && id.value < count) continue;
    WriteAll(STDOUT_FILENO, block);
    block.clear();
  }
}

void Script::Hex(std::string_view hex) {
  WriteAll(STDOUT_FILENO, FromHex(hex));
}

void Script::Bytewise(std::string_view hex) {
  for (const char byte : FromHex(hex)) WriteAll(STDOUT_FILENO, {&byte, 1});
}

void Script::Repeatedly(std::string_view argument) {
  const Halves halves = Split(argument);
  const std::string bytes = FromHex(halves.second);
  WriteForEach(ToNumber(halves.first),
               [&](WriterId, std::string& block) { block += bytes; });
}

void Script::Announce(std::string_view size) {
  WriteAll(STDOUT_FILENO, HeadOf(ToNumber(size)));
}

void Script::InDialect(std::string_view name) {
  const DialectRow* row = FindDialect(name);
  if (row == nullptr) {
    GiveUp(kExitBadScript, fmt::format("there is no dialect '{}'", name));
  }
  ids_ = row->ids;
}

void Script::From(std::string_view id) { self_ = {ToNumber(id)}; }

void Script::Send(std::string_view argument) {
  const Halves halves = Split(argument);
  Write(SendMessage{self_, {ToNumber(halves.first)}, TextItem(halves.second)});
}

void Script::SendNamed(std::string_view argument) {
  const Halves halves = Split(argument);
  Write(SendNamedMessage{self_, halves.first, TextItem(halves.second)});
}

void Script::Link(std::string_view to) {
  Write(LinkMessage{self_, {ToNumber(to)}});
}

void Script::Die(std::string_view reason) { Write(ExitMessage{self_, reason}); }

void Script::Proxies(std::string_view count) {
  const std::string hello = TextItem("hello");
  WriteForEach(ToNumber(count), [&](WriterId id, std::string& block) {
    AppendFrame(SendNamedMessage{id, "nobody", hello}, block, ids_);
  });
}

void Script::Exits(std::string_view count) {
  WriteForEach(ToNumber(count), [this](WriterId id, std::string& block) {
    AppendFrame(ExitMessage{id, "normal"}, block, ids_);
  });
}

void Script::Frames(std::string_view count) {
  std::string_view content;
  for (uint64_t left = ToNumber(count); left > 0; --left) {
    if (!input_.Next(content)) _exit(0);
  }
}

void Script::Record(std::string_view where) {
  const bool number = where.find_first_not_of("0123456789") == where.npos;
  const int fd = number ? static_cast<int>(ToNumber(where))
                        : open(std::string(where).c_str(),
                               O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) GiveUp(kExitBadScript, "the record can't be opened");
  input_.RecordTo(fd);
}

void Script::UntilEof() {
  for (std::string_view content; input_.Next(content);) {
  }
}

void Script::ReadOn(std::string_view) { UntilEof(); }

void Script::Echo(std::string_view) {
  for (std::string_view content; input_.Next(content);) {
    const absl::StatusOr<Message> message = DecodeMessage(content);
    if (!message.ok()) GiveUp(kExitBadFrame, "a frame is no message");
    if (const auto* send = std::get_if<SendMessage>(&*message)) {
      Write(SendMessage{self_, {send->from.value}, send->payload});
    } else if (const auto* named = std::get_if<SendNamedMessage>(&*message)) {
      Write(SendMessage{self_, {named->from.value}, named->payload});
    }
  }
}

void Script::Mute(std::string_view) {
  UntilEof();
  WaitForEver();
}

void Script::Deaf(std::string_view) { WaitForEver(); }

void Script::Stderr(std::string_view text) { Say(text); }

void Script::StderrFlood(std::string_view count) {
  const uint64_t last = ToNumber(count);
  for (uint64_t i = 1; i <= last; ++i) Say(fmt::format("flood {}", i));
}

void Script::CloseStdin(std::string_view) { close(STDIN_FILENO); }

void Script::CloseStdout(std::string_view) { close(STDOUT_FILENO); }

// In place of stdin and stdout, and nowhere else.
void SpeakOver(int socket) {
  if (socket < 0) GiveUp(kExitBadScript, "there is no connection");
  dup2(socket, STDIN_FILENO);
  dup2(socket, STDOUT_FILENO);
  close(socket);
}

void Script::Connect(std::string_view address) {
  SpeakOver(model::ConnectTo(address));
}

void Script::Listen(std::string_view address) {
  std::string bound;
  const int listener = model::ListenOn(address, bound);
  if (listener < 0) GiveUp(kExitBadScript, "the address can't be listened on");
  Say("listening on " + bound);
  SpeakOver(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  close(listener);
}

void Script::HalfClose(std::string_view) { shutdown(STDOUT_FILENO, SHUT_WR); }

void Script::IgnoreSigterm(std::string_view) { std::signal(SIGTERM, SIG_IGN); }

void Script::Stop(std::string_view) { std::raise(SIGSTOP); }

void Script::Signal(std::string_view number) {
  std::raise(static_cast<int>(ToNumber(number)));
}

void Script::Exit(std::string_view code) {
  _exit(static_cast<int>(ToNumber(code)));
}

void Script::Grandchild(std::string_view) {
  std::string name = program_;
  std::string verb = "deaf";
  std::array<char*, 3> arguments{name.data(), verb.data(), nullptr};
  pid_t pid = 0;
  if (posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments.data(),
                  environ) != 0) {
    GiveUp(kExitBadScript, "the grandchild can't be started");
  }
  Say(fmt::format("grandchild {}", pid));
}

void Script::Fds(std::string_view) {
  Say(fmt::format("fds: {}", fmt::join(OwnDescriptors(), " ")));
}

void Script::Env(std::string_view name) {
  const std::string key(name);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread.
  const char* const value = std::getenv(key.c_str());
  Say(value ? fmt::format("env: {}={}", key, value)
            : fmt::format("env: {} is not set", key));
}

void Script::Signals(std::string_view) {
  Say(fmt::format("signals: blocked {} ignored {}", OwnStatus("SigBlk"),
                  OwnStatus("SigIgn")));
}

}  // namespace
}  // namespace thespian::gateway

int main(int argc, char** argv) {
  thespian::gateway::Script script(argv[0]);
  for (int i = 1; i < argc; ++i) script.Run(argv[i]);
  script.UntilEof();
  return 0;
}
