#include "server/access/tokens.h"

#include <openssl/crypto.h>

#include <cstring>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "server/access/toml_fields.h"

namespace thespian::gateway {
namespace {

uint64_t BeginningOf(const TokenHash& hash) {
  uint64_t beginning = 0;
  std::memcpy(&beginning, hash.data(), sizeof beginning);
  return beginning;
}

std::string ReadName(TomlFields& fields) {
  const PlacedText name = fields.NeedText("name");
  if (!IsTokenName(name.text)) {
    fields.Fail(name.place,
                fmt::format("name must have 1 to {} letters, digits, '.', '_' "
                            "and '-'",
                            kLongestTokenName));
  }
  return name.text;
}

// Who writes a token where its hash belongs is told, but not with the token.
TokenHash ReadHash(TomlFields& fields) {
  const PlacedText text = fields.NeedText("hash");
  const std::optional<TokenHash> hash = ReadTokenHash(text.text);
  if (hash.has_value()) return *hash;
  fields.Fail(text.place, "hash must be sha256: and 64 hexadecimal digits");
  return {};
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Tokens>> Tokens::Read(
    const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTomlText(path);
  if (!text.ok()) return text.status();
  return Parse(*text, path);
}

absl::StatusOr<std::shared_ptr<const Tokens>> Tokens::Parse(
    std::string_view text, const std::string& path) {
  const absl::StatusOr<toml::table> table = ParseToml(text, path);
  if (!table.ok()) return table.status();
  TomlFields file(path, *table, "a token file", path);
  const std::vector<PlacedTable> entries = file.Tables("token");
  absl::Status status = file.Finish();
  if (!status.ok()) return status;
  auto tokens = std::make_shared<Tokens>();
  for (const PlacedTable& placed : entries) {
    TomlFields fields(path, *placed.table, "a token", placed.place);
    const std::string name = ReadName(fields);
    const TokenHash hash = ReadHash(fields);
    const absl::Time expires =
        fields.Time("expires").value_or(absl::InfiniteFuture());
    status = fields.Finish();
    if (!status.ok()) return status;
    if (!tokens->Add({.hash = hash,
                      .expires = expires,
                      .principal = Principal::OfToken(name)})) {
      return ErrorAt(placed.place, "there is this hash already");
    }
  }
  return tokens;
}

bool Tokens::Add(Entry entry) {
  const uint64_t beginning = BeginningOf(entry.hash);
  return by_beginning_.emplace(beginning, std::move(entry)).second;
}

Tokens::Found Tokens::Find(std::string_view token, absl::Time now) const {
  const TokenHash hash = HashToken(token);
  const auto entry = by_beginning_.find(BeginningOf(hash));
  if (entry == by_beginning_.end() ||
      CRYPTO_memcmp(entry->second.hash.data(), hash.data(), hash.size()) != 0) {
    return {.verdict = Verdict::kUnknown, .principal = nullptr};
  }
  if (now >= entry->second.expires) {
    return {.verdict = Verdict::kExpired, .principal = nullptr};
  }
  return {.verdict = Verdict::kGood, .principal = entry->second.principal};
}

}  // namespace thespian::gateway
