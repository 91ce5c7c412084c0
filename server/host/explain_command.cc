#include "server/host/explain_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>

#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/access/rules_file.h"
#include "server/command_line/near_match.h"
#include "server/host/options.h"

namespace thespian::gateway {
namespace {

struct Question {
  std::string rules;
  std::string principal;
  std::string method;
  std::string listener = kDefaultListener;
  std::string endpoint = "default";
  bool all_endpoints = false;
  std::string to_name;
  bool to_id = false;
  std::string registers;
  bool payloads = false;
  bool control = false;
};

int Wrong(ExitCode code, std::string_view what) {
  std::fputs(fmt::format("thespian-gateway explain: {}\n", what).c_str(),
             stderr);
  return static_cast<int>(code);
}

void AddOptions(CLI::App& app, Question& question) {
  app.add_option("METHOD", question.method, "Such as Call or Admin/Reload.")
      ->required();
  app.add_option("--rules", question.rules, "The file of rules.")->required();
  app.add_option("--as", question.principal,
                 "Who asks: anonymous, token:NAME, jwt:ISSUER/SUBJECT, ...")
      ->required();
  app.add_option("--listener", question.listener,
                 "The name of the listener it comes in by. Default: default.");
  app.add_option("--endpoint", question.endpoint,
                 "What it is about. Default: default.");
  app.add_flag("--all-endpoints", question.all_endpoints,
               "It is about all of them.");
  app.add_option("--to", question.to_name, "The name that is sent to.");
  app.add_flag("--to-id", question.to_id, "It is sent to an id.");
  app.add_option("--register", question.registers,
                 "The name that the client's actor is to have.");
  app.add_flag("--payloads", question.payloads,
               "Payloads, stderr or the command line are to be seen.");
  app.add_flag("--control", question.control,
               "A control word is sent, such as [\"exit\"].");
}

AccessRequest ToRequest(const Question& question, Method method) {
  AccessRequest request = {
      .method = method,
      .listener = question.listener,
      .scope = question.all_endpoints ? AccessRequest::Scope::kAll
                                      : AccessRequest::Scope::kOne,
      .endpoint = question.endpoint,
      .to_id = question.to_id,
      .registers = question.registers,
      .payloads = question.payloads || method == Method::kGetFlightRecord,
      .control = question.control};
  if (!question.to_name.empty()) request.to_name = question.to_name;
  return request;
}

int Answer(const Question& question) {
  const SharedPrincipal principal = Principal::OfText(question.principal);
  if (principal == nullptr) {
    return Wrong(ExitCode::kUsage,
                 fmt::format("'{}' is no principal", question.principal));
  }
  const std::optional<Method> method = FindMethod(question.method);
  if (!method.has_value()) {
    return Wrong(ExitCode::kUsage,
                 fmt::format("there is no method '{}'{}", question.method,
                             DidYouMean(question.method, MethodNames())));
  }
  const absl::StatusOr<RulesFile> file = ReadRules(question.rules);
  if (!file.ok()) return Wrong(ExitCode::kConfig, MessageOf(file.status()));
  const AccessRequest request = ToRequest(question, *method);
  std::fputs(file->rules->Explain(*principal, request).c_str(), stdout);
  return file->rules->Decide(*principal, request).allowed ? 0 : 1;
}

}  // namespace

std::optional<int> RunExplainCommandIfAsked(int argc, const char* const* argv) {
  if (argc < 2 || std::string_view(argv[1]) != "explain") return std::nullopt;
  Question question;
  CLI::App app("Tells which rule decides a request.",
               "thespian-gateway explain");
  AddOptions(app, question);
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(error, out, err) != 0) {
      return Wrong(ExitCode::kUsage, error.what());
    }
    std::fputs(out.str().c_str(), stdout);
    return 0;
  }
  return Answer(question);
}

}  // namespace thespian::gateway
