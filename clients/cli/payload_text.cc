#include "clients/cli/payload_text.h"

#include <array>
#include <cstddef>
#include <fstream>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "clients/cli/printable.h"
#include "endpoint/json/json_payload.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

constexpr std::string_view kHexMark = "hex:";
constexpr char kFileMark = '@';
constexpr std::string_view kJsonSuffix = ".json";
constexpr size_t kMaxFileBytes = 64u << 20;

absl::Status Wrong(std::string_view why) {
  return absl::InvalidArgumentError(fmt::format(
      "bad payload: {}; write JSON such as '[\"hello\"]', hex:816568656c6c6f, "
      "@FILE with CBOR or @FILE.json",
      why));
}

absl::StatusOr<std::string> Checked(std::string cbor) {
  const absl::Status status = CheckPayload(cbor, PayloadRules::kAnyItem);
  if (!status.ok()) return Wrong(MessageOf(status));
  return cbor;
}

absl::StatusOr<std::string> FromJson(std::string_view json) {
  absl::StatusOr<std::string> cbor = JsonToCbor(json);
  if (!cbor.ok()) return Wrong(MessageOf(cbor.status()));
  return cbor;
}

absl::StatusOr<std::string> FromHexDigits(std::string_view digits) {
  if (digits.size() % 2 != 0 || !absl::c_all_of(digits, [](unsigned char c) {
        return absl::ascii_isxdigit(c);
      })) {
    return Wrong("after hex: there must be pairs of hexadecimal digits");
  }
  return Checked(absl::HexStringToBytes({digits.data(), digits.size()}));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    return absl::NotFoundError(fmt::format("cannot open the file {}", path));
  }
  std::string content;
  std::array<char, 64u << 10> piece;
  do {
    file.read(piece.data(), piece.size());
    content.append(piece.data(), static_cast<size_t>(file.gcount()));
    if (content.size() > kMaxFileBytes) {
      return Wrong(fmt::format("the file {} has more than {} bytes", path,
                               kMaxFileBytes));
    }
  } while (file.good());
  if (file.bad()) {
    return absl::NotFoundError(fmt::format("cannot read the file {}", path));
  }
  return content;
}

absl::StatusOr<std::string> FromFile(const std::string& path) {
  absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok()) return content;
  return path.ends_with(kJsonSuffix) ? FromJson(*content)
                                     : Checked(*std::move(content));
}

}  // namespace

absl::StatusOr<std::string> ReadPayload(std::string_view text) {
  if (text.starts_with(kHexMark)) {
    return FromHexDigits(text.substr(kHexMark.size()));
  }
  if (text.starts_with(kFileMark)) return FromFile(std::string(text.substr(1)));
  return FromJson(text);
}

std::string ShowPayload(std::string_view cbor) {
  const absl::StatusOr<std::string> json = CborToJson(cbor);
  return json.ok() ? Printable(*json) : HexPayload(cbor);
}

std::string HexPayload(std::string_view cbor) {
  return fmt::format("{}{}", kHexMark,
                     absl::BytesToHexString({cbor.data(), cbor.size()}));
}

}  // namespace thespian::gateway::cli
