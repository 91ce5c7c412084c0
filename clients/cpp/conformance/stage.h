// What the steps of one scenario share.
//
// Ownership: borrows the driver; the streams end with it.
// Threads:   thread-compatible.
#ifndef CLIENTS_CPP_CONFORMANCE_STAGE_H_
#define CLIENTS_CPP_CONFORMANCE_STAGE_H_

#include <map>
#include <memory>
#include <string>

#include "clients/cpp/conformance/driver.h"
#include "clients/cpp/conformance/outcome.h"
#include "clients/cpp/conformance/stream.h"
#include "clients/cpp/conformance/values.h"
#include "grpcpp/channel.h"

namespace thespian::gateway::conformance {

struct Stage {
  const std::shared_ptr<grpc::Channel> channel;
  Driver& driver;
  Values values;
  std::map<std::string, std::unique_ptr<Stream>> streams;
  Deadline deadline;  // of the step that is played
};

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_STAGE_H_
