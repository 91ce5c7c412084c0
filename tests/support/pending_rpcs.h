// Many unary RPCs under way at a time.
//
// Ownership: owns the RPCs; the destructor cancels those that still go on.
// Threads:   thread-compatible.
// Errors:    each RPC has its status, and a deadline.
#ifndef TESTS_SUPPORT_PENDING_RPCS_H_
#define TESTS_SUPPORT_PENDING_RPCS_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <list>
#include <memory>

#include "absl/functional/function_ref.h"
#include "gtest/gtest.h"
#include "tests/support/patience.h"

namespace thespian::gateway {

template <typename Response>
class PendingRpcs {
 public:
  struct Rpc {
    grpc::ClientContext context;
    Response response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
  };
  using Begin = absl::FunctionRef<decltype(Rpc::reader)(
      grpc::ClientContext*, grpc::CompletionQueue*)>;

  PendingRpcs() = default;
  ~PendingRpcs() {
    for (Rpc& rpc : rpcs_) rpc.context.TryCancel();
    while (going_on_ > 0) Next();
  }
  PendingRpcs(const PendingRpcs&) = delete;
  PendingRpcs& operator=(const PendingRpcs&) = delete;

  // `begin` starts the RPC, by one of the stub's Async functions.
  Rpc& Start(Begin begin, std::chrono::milliseconds deadline = kPatience) {
    Rpc& rpc = rpcs_.emplace_back();
    rpc.context.set_deadline(std::chrono::system_clock::now() + deadline);
    rpc.reader = begin(&rpc.context, &queue_);
    rpc.reader->Finish(&rpc.response, &rpc.status, &rpc);
    ++going_on_;
    return rpc;
  }

  // The next that ends.
  const Rpc& Next() {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    --going_on_;
    return *static_cast<Rpc*>(tag);
  }

  size_t going_on() const { return going_on_; }

 private:
  grpc::CompletionQueue queue_;
  std::list<Rpc> rpcs_;
  size_t going_on_ = 0;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_PENDING_RPCS_H_
