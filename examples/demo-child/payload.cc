#include "examples/demo-child/payload.h"

#include <cbor.h>

#include <array>
#include <cstddef>

namespace thespian::gateway::demo {
namespace {

template <typename Argument>
void Put(size_t (*encode)(Argument, unsigned char*, size_t), Argument argument,
         std::string& out) {
  std::array<unsigned char, 9> head;  // NOLINT(*-member-init): written next
  const size_t size = encode(argument, head.data(), head.size());
  out.append(reinterpret_cast<const char*>(head.data()), size);
}

void PutText(std::string_view text, std::string& out) {
  Put(cbor_encode_string_start, text.size(), out);
  out.append(text);
}

// A list of `size` items, of which the word is the first.
std::string ListOf(size_t size, std::string_view word) {
  std::string list;
  Put(cbor_encode_array_start, size, list);
  PutText(word, list);
  return list;
}

}  // namespace

std::optional<uint64_t> Command::Number() const {
  if (!argument || argument->kind != HeadKind::kUnsigned) return std::nullopt;
  return argument->argument;
}

std::optional<std::string_view> Command::Text() const {
  if (!argument || argument->kind != HeadKind::kText) return std::nullopt;
  return argument->string;
}

std::optional<Command> ReadCommand(std::string_view payload) {
  Head list;
  if (ReadHead(payload, list) != HeadStatus::kOk) return std::nullopt;
  if (list.kind != HeadKind::kArray) return std::nullopt;
  if (list.argument != 1 && list.argument != 2) return std::nullopt;
  payload.remove_prefix(list.size);

  Head word;
  if (ReadHead(payload, word) != HeadStatus::kOk) return std::nullopt;
  if (word.kind != HeadKind::kText) return std::nullopt;
  if (list.argument == 1) return Command{word.string, std::nullopt};
  payload.remove_prefix(word.size);

  Head argument;
  if (ReadHead(payload, argument) != HeadStatus::kOk) return std::nullopt;
  return Command{word.string, argument};
}

std::string EncodeList(std::string_view word, uint64_t number) {
  std::string list = ListOf(2, word);
  Put(cbor_encode_uint, number, list);
  return list;
}

std::string EncodeList(std::string_view word, std::string_view text) {
  std::string list = ListOf(2, word);
  PutText(text, list);
  return list;
}

std::string EncodeText(std::string_view text) {
  std::string item;
  PutText(text, item);
  return item;
}

std::string EncodeList(std::string_view word,
                       const std::vector<std::string>& items) {
  std::string list = ListOf(1 + items.size(), word);
  for (const std::string& item : items) list += item;
  return list;
}

}  // namespace thespian::gateway::demo
