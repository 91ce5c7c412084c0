#include "clients/cli/attach_line.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "clients/cli/exit_code.h"
#include "clients/cli/payload_text.h"
#include "clients/cli/printable.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::string_view Stripped(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool IsNumber(std::string_view word) {
  return std::all_of(word.begin(), word.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c); });
}

absl::StatusOr<RemoteId> ParseId(std::string_view word) {
  RemoteId id;
  if (IsNumber(word) &&
      absl::SimpleAtoi(absl::string_view(word.data(), word.size()),
                       &id.value) &&
      id.value != 0) {
    return id;
  }
  return absl::InvalidArgumentError(fmt::format(
      "an actor's id is a number of 1 to 2^64-1, not '{}'", Printable(word)));
}

absl::StatusOr<AttachLine> ParseLink(std::string_view rest) {
  const absl::StatusOr<RemoteId> id = ParseId(rest);
  if (!id.ok()) return id.status();
  return LinkLine{*id};
}

absl::StatusOr<AttachLine> ParseSend(std::string_view target,
                                     std::string_view rest) {
  absl::StatusOr<std::string> payload = ReadPayload(rest);
  if (!payload.ok()) return BadPayload(payload.status());
  if (!IsNumber(target)) {
    return SendNamedLine{std::string(target), *std::move(payload)};
  }
  const absl::StatusOr<RemoteId> id = ParseId(target);
  if (!id.ok()) return id.status();
  return SendLine{*id, *std::move(payload)};
}

}  // namespace

absl::StatusOr<AttachLine> ParseAttachLine(std::string_view line) {
  line = Stripped(line);
  if (line.empty()) return EmptyLine{};
  const std::string_view first = line.substr(0, line.find_first_of(kSpace));
  const std::string_view rest = Stripped(line.substr(first.size()));
  if (first == "/quit") return QuitLine{};
  if (first == "/help") return HelpLine{};
  if (first == "/link") return ParseLink(rest);
  if (first.starts_with('/')) {
    return absl::InvalidArgumentError(
        fmt::format("{} is not known; /help lists what is", Printable(first)));
  }
  if (rest.empty()) {
    return absl::InvalidArgumentError(
        "a payload must follow the name or id; /help shows examples");
  }
  return ParseSend(first, rest);
}

std::string_view AttachHelp() {
  return R"(NAME PAYLOAD   send to the actor of that name:  echo ["hello"]
ID PAYLOAD     send to the actor of that id:    7 {"speed":2.5}
/link ID       be told when that actor ends
/quit          leave
PAYLOAD is JSON, hex:816568656c6c6f, @FILE (CBOR) or @FILE.json)";
}

}  // namespace thespian::gateway::cli
