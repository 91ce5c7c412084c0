#include "clients/cli/options.h"

#include <sstream>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "clients/cli/check/check_child.h"
#include "clients/cli/connection_line.h"
#include "clients/cli/exit_code.h"
#include "clients/cli/printable.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/command_line/parse_errors.h"

namespace thespian::gateway::cli {
namespace {

constexpr char kAbout[] =
    "Talks to a running thespian-gateway: sends messages to the actors of its "
    "children, becomes an actor itself, and watches.";

constexpr char kFooter[] = R"(
PAYLOAD is one value, written as
  JSON             '["hello"]', '{"speed":2.5}'; see docs/json.md for bytes,
                   tags and large integers
  hex:DIGITS       CBOR in hex, such as hex:816568656c6c6f
  @FILE            a file of CBOR; @FILE.json a file of JSON
(One that begins with '-' comes after '--': send 7 -- -5)

Examples
  thespianctl endpoints
  thespianctl call echo '["hello"]'
  thespianctl send-named echo '["hello"]'
  thespianctl attach --name logger
  echo 'echo ["hello"]' | thespianctl attach --count 1
  thespianctl watch --kinds proxy_created,proxy_closed --json

Exit codes
  0 done     64 usage          65 bad payload          69 gateway unavailable
  1 other    67 no such actor, name or child
  70 a bug   74 input or output   75 may be retried (busy, or not in time)
  76 no gateway is there          77 not permitted)";

constexpr char kAttachFooter[] = R"(
Becomes an actor. Lines of the input are sent:
  NAME PAYLOAD   to the actor of that name     echo ["hello"]
  ID PAYLOAD     to the actor of that id       7 {"speed":2.5}
  /link ID       be told when that actor ends
  /quit  /help

What comes is printed: '<- from ID PAYLOAD', and '-- ID exited: REASON' for a
linked actor. Everything else goes to stderr. At the end of the input (Ctrl-D)
it waits for --linger and leaves; with --count it leaves as soon as so many
messages have come, with exit code 75 if they have not.)";

constexpr char kListenFooter[] = R"(
Becomes an actor that only hears, and says its id. What comes is printed as
'<- from ID PAYLOAD', until Ctrl-C or until --count messages have come.)";

constexpr char kLinkFooter[] = R"(
Becomes an actor, links it to the other ('-- linked to ID'), and prints what
comes until that one ends: '-- ID exited: REASON'. The exit code is 0 then, and
1 if it was stopped before. An actor that is not there has ended: the reason is
no_such_actor.)";

constexpr char kReloadFooter[] = R"(
The gateway reads its file again, as with SIGHUP. What has not changed is not
touched; new children start, those that are gone end, changed ones are replaced.
The names of each are printed. A file with an error changes nothing: the error
says where it is, and the exit code is 64.)";

constexpr char kScaleFooter[] = R"(
New members are started; of too many the last ones drain and end. `reload` goes
back to what the file says. The members are printed, as they are then.)";

constexpr char kReplaceFooter[] = R"(
Once the new child runs (and answers, if it has a ready-name), messages to names
go to it, and nobody who sends to names sees an error. The old one is reached by
its ids, and ends after the time of `drain`. A new one that does not come up
within 30 s is given up, and the old one stays. The children are printed, as they
are then. What takes longer than --timeout is done all the same.)";

// Seconds for a child to answer a check.
constexpr double kCheckTimeout = 10;

constexpr char kCheckFooter[] = R"(
Starts COMMAND, a child, by itself (no gateway runs), and holds conversations
with it: with plain ids and with the tagged ones of thespian, or as --dialect
says. Then it is checked in those that it speaks, a line a check:

  pass        CHECK         what it does right
  FAIL        CHECK         what it does wrong; hint: what to change
  can't tell  CHECK         why

The last line counts them. docs/protocol.md has the rules. The checks are:
{}
COMMAND is started a few times. --timeout is how many seconds (10) it has for
each answer, and for its end. Put '--' before it:
  thespianctl check-child -- ./my-child --verbose
  thespianctl check-child --name worker --dialect thespian -- ./my-child

Exit codes
  0 nothing failed     1 something did     64 usage     69 it can't be started)";

// "proxy_created" for PROXY_EVENT_KIND_PROXY_CREATED.
bool ParseKind(const std::string& name, v1::ProxyEventKind& kind) {
  const std::string upper = absl::AsciiStrToUpper(name);
  return v1::ProxyEventKind_Parse("PROXY_EVENT_KIND_" + upper, &kind) &&
         kind != v1::PROXY_EVENT_KIND_UNSPECIFIED;
}

std::string KindNames() {
  static constexpr size_t kPrefixSize = sizeof("PROXY_EVENT_KIND_") - 1;
  std::string names;
  const auto* kinds = v1::ProxyEventKind_descriptor();
  for (int i = 1; i < kinds->value_count(); ++i) {
    names += (names.empty() ? "" : ", ") +
             absl::AsciiStrToLower(kinds->value(i)->name().substr(kPrefixSize));
  }
  return names;
}

std::string DialectNames() {
  std::string names;
  for (const DialectRow& row : Dialects()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
  }
  return names;
}

constexpr char kPayloadHelp[] = "One value; see `thespianctl --help`";
constexpr char kJsonHelp[] = "One JSON object a line";

// CLI11 itself takes what is beyond 64 bits for the largest number there is.
CLI::Option& AddNumber(CLI::App& app, const char* name, const char* about,
                       uint64_t least, uint64_t& number) {
  const auto parse = [name, least, &number](const std::string& text) {
    if (absl::SimpleAtoi(text, &number) && number >= least) return;
    throw CLI::ValidationError(
        name, fmt::format("must be a number of {} to 2^64-1, not {}", least,
                          Printable(text)));
  };
  return *app.add_option_function<std::string>(name, parse, about)
              ->type_name("NUMBER");
}

// As every message of the program begins.
std::string Usage(std::string_view what) {
  return fmt::format("thespianctl: {} (try --help)\n", what);
}

// The parser, and where it puts what CLI11 can't put into Options itself.
class Parser {
 public:
  Parser() : app_(kAbout, "thespianctl") {
    app_.set_version_flag("--version", TG_VERSION);
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    app_.footer(kFooter);
    AddGlobals();
    AddSends();
    AddCall();
    AddAttach();
    AddListen();
    AddLink();
    AddWatch();
    AddProxies();
    AddLists();
    AddAdmin();
    AddCheckChild();
    AddHelp();
  }

  ParsedLine Run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return Stop(error);
    }
    if (app_.get_subcommands().empty()) {
      return {.exit_code = kExitUsage, .text = app_.help()};
    }
    if (app_.got_subcommand(help_)) return Help();
    SetTimeout();
    const absl::Status reached = options_.command == Command::kCheckChild
                                     ? absl::OkStatus()
                                     : connection_.Settle(options_);
    if (!reached.ok()) {
      return {.exit_code = kExitUsage,
              .text = Usage(Printable(MessageOf(reached)))};
    }
    if (linger_->count() > 0) options_.linger = absl::Seconds(linger_s_);
    if (count_ > 0) options_.count = count_;
    if (options_.command == Command::kCall && !SetTarget()) {
      return {.exit_code = kExitUsage,
              .text = Usage(fmt::format("TARGET: {} is no id of 1 to 2^64-1",
                                        Printable(target_)))};
    }
    return {.options = std::move(options_)};
  }

 private:
  void AddGlobals();
  void AddSends();
  void AddCall();
  void AddAttach();
  void AddListen();
  void AddLink();
  void AddWatch();
  void AddProxies();
  void AddLists();
  void AddAdmin();
  void AddChanges();
  void AddCheckChild();
  void AddRemote(CLI::App& command);
  void AddCount(CLI::App& command, const char* about);
  CLI::App& Add(Command command, const char* name, const char* about);
  void AddKinds(CLI::App& watch);
  bool SetTarget();
  void SetTimeout();
  ParsedLine Stop(const CLI::ParseError& error);
  void AddHelp();
  ParsedLine Help() const;

  CLI::App app_;
  Options options_;
  ConnectionLine connection_;
  double timeout_s_ = 30;
  CLI::Option* timeout_ = nullptr;
  double linger_s_ = 0;
  uint64_t count_ = 0;
  std::string target_;  // of a call
  std::string check_name_ = "echo";
  CLI::Option* linger_ = nullptr;
  CLI::App* help_ = nullptr;  // the command "help"
  std::string help_about_;    // another command; empty: all of it
};

ParsedLine Parser::Stop(const CLI::ParseError& error) {
  std::ostringstream asked;
  std::ostringstream complaint;
  if (app_.exit(error, asked, complaint) == 0) {
    return {.exit_code = kExitOk, .text = asked.str()};
  }
  return {.exit_code = kExitUsage,
          .text = Usage(Printable(ErrorText(app_, error)))};
}

// `help call` is `call --help`.
ParsedLine Parser::Help() const {
  std::vector<const char*> words = {"thespianctl"};
  if (!help_about_.empty()) {
    if (absl::c_none_of(app_.get_subcommands({}), [this](const auto* command) {
          return command->get_name() == help_about_;
        })) {
      return {.exit_code = kExitUsage,
              .text = Usage(Printable(UnknownCommandText(app_, help_about_)))};
    }
    words.push_back(help_about_.c_str());
  }
  words.push_back("--help");
  return Parser().Run(static_cast<int>(words.size()), words.data());
}

// A name, or a number as the id. False: a number that is no id.
bool Parser::SetTarget() {
  if (!absl::c_all_of(target_, absl::ascii_isdigit)) {
    options_.to_name = target_;
    return true;
  }
  return absl::SimpleAtoi(target_, &options_.to_id) && options_.to_id > 0;
}

void Parser::SetTimeout() {
  const bool checks = options_.command == Command::kCheckChild;
  if (checks && timeout_->count() == 0) timeout_s_ = kCheckTimeout;
  options_.timeout = absl::Seconds(timeout_s_);
}

CLI::App& Parser::Add(Command command, const char* name, const char* about) {
  CLI::App* sub = app_.add_subcommand(name, about);
  sub->callback([this, command] { options_.command = command; });
  return *sub;
}

void Parser::AddGlobals() {
  connection_.AddTo(app_, options_);
  app_.add_option("--endpoint", options_.endpoint,
                  "The child to speak to, by its name; needed if there are "
                  "several (watch: all of them)");
  timeout_ = app_.add_option("--timeout", timeout_s_,
                             "Seconds to wait for an answer (check-child: 10)")
                 ->check(CLI::Range(0.001, 86'400.0))
                 ->capture_default_str();
}

// ID and --incarnation.
void Parser::AddRemote(CLI::App& command) {
  AddNumber(command, "ID", "The actor's id (see proxies)", 1, options_.to_id)
      .required();
  AddNumber(command, "--incarnation", "The run of the child that the id is of",
            0, options_.incarnation);
}

void Parser::AddCount(CLI::App& command, const char* about) {
  AddNumber(command, "--count", about, 1, count_);
}

void Parser::AddSends() {
  CLI::App& send = Add(Command::kSend, "send", "Send to an actor by id");
  AddRemote(send);
  send.add_option("PAYLOAD", options_.payload, kPayloadHelp)->required();
  CLI::App& named =
      Add(Command::kSendNamed, "send-named", "Send to an actor by name");
  named.add_option("NAME", options_.to_name, "The actor's name")->required();
  named.add_option("PAYLOAD", options_.payload, kPayloadHelp)->required();
}

void Parser::AddCall() {
  CLI::App& call = Add(Command::kCall, "call",
                       "Send, and print the first message that comes back");
  call.add_option("TARGET", target_, "The actor's name, or its id: a number")
      ->required();
  call.add_option("PAYLOAD", options_.payload, kPayloadHelp)->required();
  call.add_flag("--hex", options_.hex,
                "Print the reply as CBOR in hex: hex:DIGITS");
}

void Parser::AddAttach() {
  CLI::App& attach = Add(Command::kAttach, "attach",
                         "Become an actor: send, and print what comes");
  attach.add_option("--name", options_.actor_name,
                    "The name under which the child reaches this actor");
  AddCount(attach, "Leave after so many messages");
  linger_ = attach
                .add_option("--linger", linger_s_,
                            "Seconds to stay after the end of the input "
                            "(terminal: 0, otherwise 1; with --count: "
                            "--timeout)")
                ->check(CLI::Range(0.0, 86'400.0));
  attach.footer(kAttachFooter);
}

void Parser::AddListen() {
  CLI::App& listen = Add(Command::kListen, "listen",
                         "Become an actor that only hears: print what comes");
  listen.add_option("--name", options_.actor_name,
                    "The name under which the child reaches this actor");
  AddCount(listen, "Leave after so many messages");
  listen.footer(kListenFooter);
}

void Parser::AddLink() {
  CLI::App& link =
      Add(Command::kLink, "link", "Wait for the end of an actor, and print it");
  AddRemote(link);
  link.footer(kLinkFooter);
}

void Parser::AddWatch() {
  CLI::App& watch = Add(Command::kWatch, "watch",
                        "Print what happens to the actors, line by line");
  AddKinds(watch);
  watch.add_flag("--payloads", options_.payloads,
                 "Show payloads, up to 4 KiB of each");
  AddNumber(watch, "--after", "Go on after the event of this sequence", 0,
            options_.after_sequence);
  AddNumber(watch, "--epoch", "The run of the gateway that --after is of", 0,
            options_.epoch);
  watch.add_flag("--no-snapshot", options_.skip_snapshot,
                 "Do not begin with what is there already");
  AddCount(watch, "Leave after so many events");
  watch.add_flag("--json", options_.json, kJsonHelp);
}

void Parser::AddKinds(CLI::App& watch) {
  const auto add = [this](const std::string& name) {
    v1::ProxyEventKind kind = v1::PROXY_EVENT_KIND_UNSPECIFIED;
    if (!ParseKind(name, kind)) {
      throw CLI::ValidationError("--kinds",
                                 name + " is not one of " + KindNames());
    }
    options_.kinds.push_back(kind);
  };
  watch
      .add_option_function<std::vector<std::string>>(
          "--kinds",
          [add](const std::vector<std::string>& names) {
            for (const std::string& name : names) add(name);
          },
          "Only these kinds: " + KindNames())
      ->delimiter(',');
}

void Parser::AddProxies() {
  Add(Command::kProxies, "proxies", "List the actors that have spoken")
      .add_flag("--json", options_.json, kJsonHelp);
  AddRemote(Add(Command::kRelease, "release",
                "Drop the proxy of an actor, which may go on living"));
}

void Parser::AddLists() {
  Add(Command::kActors, "actors", "List the attached clients")
      .add_flag("--json", options_.json, kJsonHelp);
  CLI::App& endpoint =
      Add(Command::kEndpoint, "endpoint", "Show one child and its counters");
  endpoint.add_option("NAME", options_.endpoint, "Its name");
  endpoint.add_flag("--json", options_.json, kJsonHelp);
  Add(Command::kEndpoints, "endpoints", "List the children")
      .add_flag("--json", options_.json, kJsonHelp);
}

void Parser::AddAdmin() {
  const auto add = [this](Command command, const char* name,
                          const char* about) {
    CLI::App& app = Add(command, name, about);
    app.add_option("NAME", options_.endpoint, "The child's name");
    app.add_flag("--json", options_.json, kJsonHelp);
  };
  add(Command::kStart, "start", "Start a child that does not run");
  add(Command::kStop, "stop", "Stop a child until it is started again");
  add(Command::kRestart, "restart", "Stop a child and start it");
  add(Command::kFlight, "flight", "Print the last frames of a child");
  AddChanges();
}

void Parser::AddChanges() {
  CLI::App& reload = Add(Command::kReload, "reload",
                         "Make the children what the gateway's file says");
  reload.add_flag("--json", options_.json, kJsonHelp);
  reload.footer(kReloadFooter);
  CLI::App& scale =
      Add(Command::kScale, "scale", "Give a pool so many members");
  scale.add_option("NAME", options_.endpoint, "The pool's name")->required();
  scale.add_option("REPLICAS", options_.replicas, "How many")
      ->required()
      ->check(CLI::Range(1, 1'000));
  scale.add_flag("--json", options_.json, kJsonHelp);
  scale.footer(kScaleFooter);
  CLI::App& replace = Add(Command::kReplace, "replace",
                          "Start a new child, and then end the old one");
  replace.add_option("NAME", options_.endpoint,
                     "Of a child, of a member of a pool, or of a pool: of all "
                     "its members, one after the other");
  replace.add_flag("--json", options_.json, kJsonHelp);
  replace.footer(kReplaceFooter);
}

void Parser::AddCheckChild() {
  CLI::App& check =
      Add(Command::kCheckChild, "check-child",
          "Start a child without a gateway, and check what it does");
  check
      .add_option("--name", check_name_,
                  "The actor to talk to; best one that echoes")
      ->capture_default_str();
  const auto set_dialect = [this](const std::string& name) {
    const DialectRow* row = FindDialect(name);
    if (row == nullptr) {
      throw CLI::ValidationError(
          "--dialect", Printable(name) + " is not one of " + DialectNames());
    }
    options_.dialect = row->dialect;
  };
  check.add_option_function<std::string>(
      "--dialect", set_dialect, "Check only this one: " + DialectNames());
  check.add_option("COMMAND", options_.child, "The child and its arguments")
      ->required();
  check.footer(fmt::format(kCheckFooter, DescribeChecks()));
  check.parse_complete_callback([this] { options_.to_name = check_name_; });
}

void Parser::AddHelp() {
  help_ = app_.add_subcommand("help", "Tell about a command, or about all");
  help_->add_option("COMMAND", help_about_, "Its name");
}

}  // namespace

ParsedLine ParseLine(int argc, const char* const* argv) {
  return Parser().Run(argc, argv);
}

}  // namespace thespian::gateway::cli
