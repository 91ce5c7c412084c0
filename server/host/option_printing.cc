#include "server/host/option_printing.h"

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "server/host/config_file.h"
#include "server/host/option_entries.h"
#include "server/host/option_kinds.h"

namespace thespian::gateway {
namespace {

std::string PrintList(const std::vector<std::string>& texts) {
  return fmt::format(
      "[{}]",
      absl::StrJoin(texts, ", ", [](std::string* out, const auto& text) {
        out->append(QuoteToml(text));
      }));
}

// Its default is text, too: "[]" if it is none.
std::vector<std::string> TextsOf(const CLI::Option& list) {
  const std::string given = list.get_default_str();
  if (list.count() == 0 && (given.empty() || given == "[]")) return {};
  return WithoutNothing(list.as<std::vector<std::string>>());
}

std::string PrintValue(const CLI::Option& option) {
  switch (KindOf(option)) {
    case ValueKind::kFlag:
      return option.count() > 0 && option.as<bool>() ? "true" : "false";
    case ValueKind::kCount:
    case ValueKind::kBytes:
      return std::to_string(option.as<uint64_t>());
    case ValueKind::kText:
      return QuoteToml(option.as<std::string>());
    case ValueKind::kList:
      return PrintList(TextsOf(option));
  }
  return "";
}

}  // namespace

std::string PrintOption(const CLI::Option& option) {
  return fmt::format("{}={}\n", KeyOf(option), PrintValue(option));
}

std::string PrintCommand(const std::vector<std::string>& command) {
  if (command.empty()) return "";
  return fmt::format("{}={}\n", kCommandKey, PrintList(command));
}

std::string PrintConfig(const CLI::App& app,
                        const std::vector<std::string>& command) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (!IsKey(*option) || option->get_group().empty()) continue;
    text += PrintOption(*option);
  }
  return text + PrintCommand(command);
}

}  // namespace thespian::gateway
