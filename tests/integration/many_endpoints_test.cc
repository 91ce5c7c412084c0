// What an endpoint that is idle costs: docs/architecture.md has the figures.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/endpoints_gateway.h"
#include "tests/support/patience.h"
#include "tests/support/process_view.h"

namespace thespian::gateway {
namespace {

// A gateway with so many endpoints, all of which run.
ProcessView ViewWith(int endpoints) {
  std::string file;
  for (int i = 0; i < endpoints; ++i) {
    file += IdleTable("e" + std::to_string(i));
  }
  EndpointsGateway gateway(file);
  for (const auto& [name, endpoint] : gateway.Endpoints()) {
    gateway.AwaitRunning(name);
  }
  return ViewProcess(gateway.process().program().pid());
}

TEST(ManyEndpointsTest, TwoHundredTakeAThreadEachAndLittleMemory) {
  constexpr int kFew = 20;
  constexpr int kMany = 200;
  constexpr double kMore = kMany - kFew;

  const ProcessView few = ViewWith(kFew);
  const ProcessView many = ViewWith(kMany);

  const auto each = [](size_t with_many, size_t with_few) {
    return (static_cast<double>(with_many) - static_cast<double>(with_few)) /
           kMore;
  };
  const double kib = each(many.rss_kib, few.rss_kib);
  RecordProperty("kib_each", std::to_string(kib));
  // Those of gRPC come and go.
  EXPECT_NEAR(each(many.threads, few.threads), 1, 0.1);
  EXPECT_NEAR(each(many.descriptors, few.descriptors), 15, 0.1);
  if (!kSanitized) {
    EXPECT_LT(kib, 128);
  }
}

}  // namespace
}  // namespace thespian::gateway
