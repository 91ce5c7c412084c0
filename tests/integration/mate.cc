#include "tests/integration/mate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "endpoint/json/json_payload.h"
#include "fmt/format.h"
#include "gtest/gtest.h"

namespace thespian::gateway {
namespace {

std::vector<std::string> Beginning(const std::vector<std::string>& lines,
                                   const std::string& start) {
  std::vector<std::string> found;
  std::copy_if(
      lines.begin(), lines.end(), std::back_inserter(found),
      [&start](const std::string& line) { return line.starts_with(start); });
  return found;
}

bool Holds(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

Mate::Mate(const std::string& address)
    : actor_(client::Connect({.address = address}).value().Attach({}, *this)) {
  EXPECT_TRUE(lines_.Await([](const auto& lines) { return !lines.empty(); }));
}

void Mate::Send(uint64_t to, const std::string& json, uint64_t command_id) {
  EXPECT_TRUE(
      actor_->Send({.id = {to}}, JsonToCbor(json).value(), command_id).ok());
}

void Mate::SendNamed(const std::string& name, const std::string& json) {
  EXPECT_TRUE(actor_->SendNamed({.name = name}, JsonToCbor(json).value()).ok());
}

void Mate::Link(uint64_t to, uint64_t command_id) {
  EXPECT_TRUE(actor_->Link({.id = {to}}, command_id).ok());
}

bool Mate::Hears(const std::string& line) const {
  return lines_.Await(
      [&line](const auto& lines) { return Holds(lines, line); });
}

std::vector<std::string> Mate::LinesOf(const std::string& start) const {
  return Beginning(lines(), start);
}

std::string Mate::Message(size_t number) const {
  const bool came = lines_.Await([number](const auto& lines) {
    return Beginning(lines, "from ").size() >= number;
  });
  return came ? LinesOf("from ").at(number - 1) : "nothing came";
}

absl::Status Mate::Close() { return actor_->Close(absl::Seconds(30)); }

void Mate::OnOpened(LocalId id, const std::string& /*token*/) {
  Note(fmt::format("opened {}", id.value));
}

void Mate::OnDelivery(const v1::ActorEvent::Delivery& delivery) {
  Note(fmt::format("from {} {}", delivery.from_id(),
                   CborToJson(delivery.payload().cbor()).value_or("?")));
}

void Mate::OnExited(const v1::ActorEvent::Exited& exited) {
  Note(fmt::format("{} exited: {}", exited.remote_id(), exited.reason()));
}

void Mate::OnCommandResult(uint64_t command_id, const absl::Status& status) {
  Note(fmt::format("result {} {}", command_id,
                   status.ok() ? "OK" : client::ReasonOf(status)));
}

void Mate::OnEndpointChanged(const v1::ActorEvent::EndpointChanged& changed) {
  const std::string name = v1::EndpointState_Name(changed.state());
  Note(fmt::format("endpoint {}", absl::AsciiStrToLower(absl::StripPrefix(
                                      name, "ENDPOINT_STATE_"))));
}

void Mate::OnDone(const absl::Status& status) {
  Note(fmt::format("done {}", absl::StatusCodeToString(status.code())));
}

void Mate::Note(std::string line) {
  lines_.Update([&line](auto& lines) { lines.push_back(std::move(line)); });
}

}  // namespace thespian::gateway
