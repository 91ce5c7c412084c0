#include "server/command_line/parse_errors.h"

#include <string_view>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "server/command_line/near_match.h"

namespace thespian::gateway {
namespace {

void Append(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

// The command that was given, or `app` itself.
const CLI::App& Chosen(const CLI::App& app) {
  const auto given = app.get_subcommands();
  return given.empty() ? app : *given.front();
}

std::string ExtrasText(const CLI::App& app,
                       const std::vector<std::string>& extras) {
  for (const std::string& word : extras) {
    if (!word.starts_with('-') || word == "--") continue;
    const std::string name = word.substr(0, word.find('='));
    std::vector<std::string> names = OptionNames(app);
    if (&Chosen(app) != &app) Append(Chosen(app), names);
    return fmt::format("there is no option {}{}", name,
                       DidYouMean(name, names));
  }
  if (&Chosen(app) == &app && !app.get_subcommands({}).empty()) {
    return UnknownCommandText(app, extras.front());
  }
  return fmt::format("too much: {}", absl::StrJoin(extras, " "));
}

}  // namespace

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  Append(app, names);
  return names;
}

std::string UnknownCommandText(const CLI::App& app, const std::string& word) {
  return fmt::format("there is no command {}{}", word,
                     DidYouMean(word, CommandNames(app)));
}

std::string ErrorText(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> extras = app.remaining(/*recurse=*/true);
  return dynamic_cast<const CLI::ExtrasError*>(&error) && !extras.empty()
             ? ExtrasText(app, extras)
             : error.what();
}

}  // namespace thespian::gateway
