// conformance-runner: plays the scenarios of clients/conformance with the C++
// client. It reads JSON lines from stdin and writes JSON lines to stdout, as
// clients/conformance/README.md says.
#include <iostream>
#include <string>

#include "clients/cpp/client.h"
#include "clients/cpp/conformance/driver.h"
#include "clients/cpp/conformance/play.h"
#include "clients/cpp/conformance/step.h"

namespace {

namespace client = thespian::gateway::client;
using nlohmann::json;
using thespian::gateway::conformance::Driver;
using thespian::gateway::conformance::Play;
using thespian::gateway::conformance::Step;

// How the gateway of an order is reached.
client::ConnectOptions Reached(const Step& order) {
  client::ConnectOptions options = {.address = order.Text("address")};
  if (!order.Has("tls")) return options;
  const Step tls(order["tls"]);
  options.tls = {.ca = tls.Text("ca"),
                 .certificate = tls.Text("cert"),
                 .key = tls.Text("key")};
  return options;
}

json Verdict(const json& order, Driver& driver) {
  const json& scenario = Step(order)["scenario"];
  const absl::Status status = Play(scenario, Reached(Step(order)), driver);
  return {{"name", Step(scenario).Text("name")},
          {"pass", status.ok()},
          {"detail", std::string(status.message())}};
}

}  // namespace

int main() {
  Driver driver(std::cin, std::cout);
  while (true) {
    const absl::StatusOr<json> order = driver.Read();
    if (absl::IsOutOfRange(order.status())) return 0;
    if (!order.ok()) {
      std::cerr << "conformance-runner: " << order.status() << '\n';
      return 1;
    }
    driver.Write(Verdict(*order, driver));
  }
}
