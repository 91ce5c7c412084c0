#include "tests/support/echo_load.h"

#include <algorithm>

#include "fmt/format.h"
#include "tests/support/rpc_values.h"

namespace thespian::gateway {
namespace {

// A CBOR number in four bytes.
void AppendNumber(uint32_t number, std::string& item) {
  item += '\x1a';
  for (int shift = 24; shift >= 0; shift -= 8) {
    item += static_cast<char>(number >> shift);
  }
}

}  // namespace

EchoLoad::EchoLoad(v1::GatewayService::Stub& stub, const Plan& plan,
                   std::chrono::seconds deadline)
    : stub_(stub), plan_(plan) {
  context_.set_deadline(std::chrono::system_clock::now() + deadline);
  stub_.async()->Attach(&context_, this);
  *request_.add_commands() = Open();
  StartWrite(&request_);
  StartRead(&response_);
  StartCall();
}

const EchoLoad::Outcome& EchoLoad::Await() {
  // The RPC has a deadline.
  while (!progress_.Await([](const Progress& p) { return p.over; })) {
  }
  return outcome_;
}

std::string EchoLoad::PayloadOf(uint32_t number) const {
  std::string item = "\x83";
  AppendNumber(plan_.client, item);
  AppendNumber(number, item);
  return item + TextItem(std::string(plan_.padding, 'x'));
}

// --- Writing ---------------------------------------------------------------

void EchoLoad::OnWriteDone(bool ok) {
  if (!ok) return;
  if (sent_ < plan_.messages) return WriteNext();
  progress_.Update([](Progress& p) { p.all_sent = true; });
  EndIfAllIsBack();
}

// Batches of every size, from one message to the most.
void EchoLoad::WriteNext() {
  const uint32_t size = std::min(batches_++ * 37 % plan_.most_in_batch + 1,
                                 plan_.messages - sent_);
  request_.Clear();
  for (uint32_t i = 0; i < size; ++i) {
    *request_.add_commands() = SendToName("echo", Cbor(PayloadOf(++sent_)));
  }
  StartWrite(&request_);
}

void EchoLoad::EndIfAllIsBack() {
  bool end = false;
  progress_.Update([&end](Progress& p) {
    end = p.all_sent && p.all_back;
    if (end) p.all_back = false;  // once
  });
  if (end) StartWritesDone();
}

// --- Reading ---------------------------------------------------------------

void EchoLoad::OnReadDone(bool ok) {
  if (!ok) return;
  for (const v1::ActorEvent& event : response_.events()) {
    outcome_.fault = Judge(event);
    if (!outcome_.fault.empty()) return context_.TryCancel();
  }
  if (outcome_.received == plan_.messages) {
    progress_.Update([](Progress& p) { p.all_back = true; });
    EndIfAllIsBack();
  }
  StartRead(&response_);
}

std::string EchoLoad::Judge(const v1::ActorEvent& event) {
  if (event.sequence() != ++sequence_) return "an event is missing";
  if (event.has_opened() && sequence_ == 1) return "";
  if (!event.has_delivery()) return event.ShortDebugString();
  const v1::ActorEvent::Delivery& delivery = event.delivery();
  if (delivery.from_id() != plan_.echo) return delivery.ShortDebugString();
  if (delivery.payload().cbor() != PayloadOf(outcome_.received + 1)) {
    return fmt::format("message {} is not the one expected",
                       outcome_.received + 1);
  }
  ++outcome_.received;
  return "";
}

void EchoLoad::OnDone(const grpc::Status& status) {
  outcome_.status = status;
  progress_.Update([](Progress& p) { p.over = true; });
}

}  // namespace thespian::gateway
