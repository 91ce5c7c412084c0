// Calls any method of the API with any bytes for a request.
//
// Threads:   the caller's; waits for the end of the call.
// Errors:    the call's status.
#ifndef TESTS_SUPPORT_RAW_CALL_H_
#define TESTS_SUPPORT_RAW_CALL_H_

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/patience.h"

namespace thespian::gateway {

using MethodDescriptor = google::protobuf::MethodDescriptor;

// All methods of all services of the API.
std::vector<const MethodDescriptor*> ApiMethods();

// How a call with this request ended. One that answers for ever is cancelled
// after its first answer, or after `time`.
grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                     const MethodDescriptor& method, std::string_view request,
                     std::chrono::milliseconds time = kPatience,
                     const std::map<std::string, std::string>& metadata = {});

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_RAW_CALL_H_
