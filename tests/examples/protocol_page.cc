#include "tests/examples/protocol_page.h"

#include <fstream>
#include <regex>

#include "gtest/gtest.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kEnd = "> end of the stream";

std::vector<std::string> PageLines() {
  std::ifstream page(TG_PROTOCOL_PAGE);
  std::vector<std::string> lines;
  for (std::string line; std::getline(page, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << "there is no " << TG_PROTOCOL_PAGE;
  return lines;
}

// The hex of a line is between its mark and two spaces, or its end.
std::string BytesOf(std::string_view line) {
  line.remove_prefix(2);
  return FromHex(line.substr(0, line.find("  ")));
}

void AddLine(const std::string& line, std::vector<SessionTurn>& turns) {
  if (line == kEnd) {
    turns.push_back({SessionTurn::Kind::kEnd, {}});
  } else if (line.starts_with("> ")) {
    turns.push_back({SessionTurn::Kind::kToChild, BytesOf(line)});
  } else if (line.starts_with("< ")) {
    turns.push_back({SessionTurn::Kind::kFromChild, BytesOf(line)});
  } else if (line.starts_with("  ") && !turns.empty()) {
    turns.back().frame += BytesOf(line);
  } else {
    ADD_FAILURE() << "no line of a session: " << line;
  }
}

}  // namespace

std::vector<SessionTurn> ReadSession(std::string_view name) {
  const std::string start = "```session " + std::string(name);
  std::vector<SessionTurn> turns;
  bool inside = false;
  for (const std::string& line : PageLines()) {
    if (inside && line == "```") break;
    if (inside) AddLine(line, turns);
    if (line == start) inside = true;
  }
  return turns;
}

std::vector<Mistake> ReadMistakes() {
  const std::regex row(R"(\| (.*) \| `([0-9a-f]+)` \| \*\*([a-z ]+)\*\*.*)");
  std::vector<Mistake> mistakes;
  for (const std::string& line : PageLines()) {
    std::smatch parts;
    if (!std::regex_match(line, parts, row)) continue;
    mistakes.push_back({parts[1], FromHex(parts[2].str()), parts[3]});
  }
  return mistakes;
}

}  // namespace thespian::gateway
