// thespian-model-child: a child that behaves as a real thespian process does,
// strict and easily killed. It stands in for one wherever a test needs one.
//
//   --generation thespian-32k|thespian-16k
//       today's, or the one before the fixed head of frames; thespian-32k
//   --program actors|library_test_child|library_sender
//       as in tests/data/transcripts.json, which says what each does; actors
//   --connect ADDRESS, --listen ADDRESS
//       over a socket in place of stdin and stdout: HOST:PORT (a number),
//       unix:PATH or unix:@NAME. One that listens says "listening on ADDRESS"
//       on stderr, has actors anew for each connection, any number at a time,
//       and is ended by a signal
//
// Every reply to one read is written before the next read, and the order of
// everything is the same in each run; a real one promises neither.
//
// Exit codes: 0 after the end of stdin, 1 after an error, which is the last
// line on stderr, 64 for a bad option.
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/thespian_model/actor_system.h"
#include "tests/support/thespian_model/cbor_writer.h"
#include "tests/support/thespian_model/endpoint.h"
#include "tests/support/thespian_model/framing.h"
#include "tests/support/thespian_model/generation.h"
#include "tests/support/thespian_model/programs.h"
#include "tests/support/thespian_model/sockets.h"
#include "tests/support/thespian_model/wire.h"

namespace thespian::gateway::model {
namespace {

constexpr int kExitUsage = 64;

struct Options {
  Generation generation = Generation::k32k;
  std::string_view program = "actors";
  std::string_view connect;
  std::string_view listen;
};

std::optional<Generation> GenerationOf(std::string_view name) {
  if (name == "thespian-32k") return Generation::k32k;
  if (name == "thespian-16k") return Generation::k16k;
  return std::nullopt;
}

bool SetOption(std::string_view name, std::string_view value,
               Options& options) {
  if (name == "--generation") {
    const std::optional<Generation> generation = GenerationOf(value);
    if (generation) options.generation = *generation;
    return generation.has_value();
  }
  if (name == "--connect" || name == "--listen") {
    (name == "--connect" ? options.connect : options.listen) = value;
    return true;
  }
  options.program = value;
  return name == "--program" &&
         (value == "actors" || value == "library_test_child" ||
          value == "library_sender");
}

std::optional<Options> Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !SetOption(argv[i], argv[i + 1], options)) {
      std::fprintf(stderr, "thespian-model-child: bad option %s\n", argv[i]);
      return std::nullopt;
    }
  }
  return options;
}

int SpeakOnce(Generation generation) {
  const std::string payload = Pack("hello", "from_child");
  const std::string frame = *Framed(
      generation, Pack("send_named", Lpid{1}, "test_actor", Raw{payload}));
  std::fwrite(frame.data(), 1, frame.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

int ExitCodeOf(const std::string& reason) {
  std::fprintf(stderr, "control exits: %s\n", reason.c_str());
  return reason == "stdin_closed" || reason == "peer_closed" ||
                 reason == "normal"
             ? 0
             : 1;
}

int Serve(const Options& options, const Wire& wire) {
  ActorSystem system;
  const ActorId endpoint =
      options.program == "actors"
          ? StartActors(options.generation, wire, system)
          : StartLibraryTestChild(options.generation, wire, system);
  for (;;) {
    system.Run();
    if (system.finish()) return ExitCodeOf(*system.finish());
    pollfd in{wire.in, POLLIN, 0};
    poll(&in, 1, -1);
    system.Tell({}, endpoint, Endpoint::ReadReady());
  }
}

// --- Over sockets ----------------------------------------------------------

int Refused(std::string_view address) {
  std::fprintf(stderr, "thespian-model-child: %.*s: %s\n",
               static_cast<int>(address.size()), address.data(),
               std::strerror(errno));
  return 1;
}

int Dial(const Options& options) {
  const int fd = ConnectTo(options.connect);
  return fd < 0 ? Refused(options.connect) : Serve(options, SocketWire(fd));
}

int Listen(const Options& options) {
  std::string bound;
  const int listener = ListenOn(options.listen, bound);
  if (listener < 0) return Refused(options.listen);
  std::fprintf(stderr, "listening on %s\n", bound.c_str());
  std::vector<std::jthread> peers;
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    peers.emplace_back([&options, fd] {
      Serve(options, SocketWire(fd));
      close(fd);
    });
  }
}

int Main(const Options& options) {
  // An abort is part of the behaviour, and leaves no core.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(SIGPIPE, SIG_IGN);
  if (options.program == "library_sender") return SpeakOnce(options.generation);
  if (!options.connect.empty()) return Dial(options);
  if (!options.listen.empty()) return Listen(options);
  return Serve(options, {});
}

}  // namespace
}  // namespace thespian::gateway::model

int main(int argc, char** argv) {
  namespace model = thespian::gateway::model;
  const auto options = model::Parse(argc, argv);
  return options ? model::Main(*options) : model::kExitUsage;
}
