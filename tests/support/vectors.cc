#include "tests/support/vectors.h"

#include <fstream>

#include "endpoint/check.h"
#include "nlohmann/json.hpp"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using Json = nlohmann::json;

FrameVector FrameOf(const Json& row) {
  FrameVector frame;
  frame.name = row.at("name");
  frame.bytes = FromHex(row.at("hex").get<std::string>());
  frame.verdict = row.at("verdict");
  if (row.contains("message")) frame.message = row["message"];
  return frame;
}

StreamVector StreamOf(const Json& row) {
  StreamVector stream;
  stream.name = row.at("name");
  stream.bytes = FromHex(row.at("hex").get<std::string>());
  if (row.contains("limit")) stream.limit = row["limit"].get<uint64_t>();
  stream.messages = row.at("messages");
  stream.skipped = row.value("skipped", size_t{0});
  stream.then = row.at("then");
  stream.left = row.value("left", uint64_t{0});
  return stream;
}

PayloadVector PayloadOf(const Json& row) {
  PayloadVector payload;
  payload.name = row.at("name");
  payload.bytes = FromHex(row.at("hex").get<std::string>());
  payload.thespian = row.at("thespian");
  payload.cbor = row.at("cbor");
  return payload;
}

}  // namespace

Vectors LoadVectors() {
  std::ifstream file(TG_VECTORS_FILE);
  const Json all = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  Check(all.is_object(), "the vectors can be read");
  Vectors vectors;
  for (const Json& row : all.at("frames")) {
    vectors.frames.push_back(FrameOf(row));
  }
  for (const Json& row : all.at("streams")) {
    vectors.streams.push_back(StreamOf(row));
  }
  for (const Json& row : all.at("payloads")) {
    vectors.payloads.push_back(PayloadOf(row));
  }
  return vectors;
}

}  // namespace thespian::gateway
