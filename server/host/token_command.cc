#include "server/host/token_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/access/token.h"
#include "server/host/options.h"

namespace thespian::gateway {
namespace {

int Say(ExitCode code, const std::string& text) {
  std::fputs(text.c_str(), code == ExitCode::kOk ? stdout : stderr);
  return static_cast<int>(code);
}

int Wrong(std::string_view what) {
  return Say(ExitCode::kUsage,
             fmt::format("thespian-gateway token: {}\n", what));
}

int Create(const std::string& name, const std::string& expires) {
  absl::Time until = absl::InfiniteFuture();
  std::string error;
  if (!expires.empty() &&
      !absl::ParseTime(absl::RFC3339_full, expires, &until, &error)) {
    return Wrong(fmt::format(
        "--expires must be a time such as 2027-01-31T00:00:00Z, but is '{}'",
        expires));
  }
  const absl::StatusOr<NewToken> made = MakeToken(name, until);
  if (!made.ok()) return Wrong(MessageOf(made.status()));
  std::fputs((made->token + "\n").c_str(), stderr);
  return Say(ExitCode::kOk, made->entry);
}

}  // namespace

std::optional<int> RunTokenCommandIfAsked(int argc, const char* const* argv) {
  if (argc < 2 || std::string_view(argv[1]) != "token") return std::nullopt;
  CLI::App app("Makes bearer tokens.", "thespian-gateway token");
  app.require_subcommand(1);
  std::string name;
  std::string expires;
  CLI::App* create = app.add_subcommand(
      "create",
      "Prints an entry for the token file on stdout, and the token, which is "
      "nowhere else, on stderr.");
  create->add_option("NAME", name, "Whose it is: rules call it token:NAME.")
      ->required();
  create->add_option("--expires", expires,
                     "Until when it is good, such as 2027-01-31T00:00:00Z. "
                     "Default: for ever.");
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::ParseError& parse_error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(parse_error, out, err) == 0) {
      return Say(ExitCode::kOk, out.str());
    }
    return Wrong(parse_error.what());
  }
  return Create(name, expires);
}

}  // namespace thespian::gateway
