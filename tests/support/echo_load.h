// One attached client that sends many numbered messages to the child's actor
// `echo` and reads them back at the same time, in batches as they come,
// checking each: none is lost, doubled or out of order.
//
// Ownership: the test's; it must stay until Await has returned.
// Threads:   Start and Await are the test's; the reactions are gRPC's.
// Errors:    told by Outcome. The RPC has a deadline.
// Memory:    one request and one response.
#ifndef TESTS_SUPPORT_ECHO_LOAD_H_
#define TESTS_SUPPORT_ECHO_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/support/awaited.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

class EchoLoad final
    : public grpc::ClientBidiReactor<v1::AttachRequest, v1::AttachResponse> {
 public:
  struct Plan {
    uint32_t client = 0;  // said in every message
    uint32_t messages = 0;
    uint32_t most_in_batch = 256;
    size_t padding = 0;  // bytes of each message besides its numbers
    uint64_t echo = 1;   // the id of the child's actor `echo`
  };
  struct Outcome {
    uint32_t received = 0;  // messages, all as they should be
    std::string fault;      // what was the first that should not be
    grpc::Status status;
  };

  EchoLoad(v1::GatewayService::Stub& stub, const Plan& plan,
           std::chrono::seconds deadline);

  // Waits for the end of the stream, which is the client's own once it has
  // everything back.
  const Outcome& Await();

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  void WriteNext();
  void EndIfAllIsBack();
  // What is wrong with the event, if anything.
  std::string Judge(const v1::ActorEvent& event);
  std::string PayloadOf(uint32_t number) const;

  v1::GatewayService::Stub& stub_;
  const Plan plan_;
  grpc::ClientContext context_;
  v1::AttachRequest request_;    // the writing reactions'
  uint32_t sent_ = 0;            // the same
  uint32_t batches_ = 0;         // the same
  v1::AttachResponse response_;  // the reading reactions'
  uint64_t sequence_ = 0;        // the same
  Outcome outcome_;              // the same

  struct Progress {
    bool all_sent = false;
    bool all_back = false;
    bool over = false;
  };
  Awaited<Progress> progress_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_ECHO_LOAD_H_
