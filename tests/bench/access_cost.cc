// What a decision about a request costs, with many rules.

#include <benchmark/benchmark.h>

#include <string>

#include "endpoint/check.h"
#include "server/access/rules.h"
#include "server/access/rules_file.h"
#include "tests/bench/many_rules.h"

namespace thespian::gateway {
namespace {

void Decide(benchmark::State& state, const std::string& principals) {
  const auto rules =
      ParseRules(bench::ManyRules(state.range(0), principals), "f");
  Check(rules.ok(), "the rules are right");
  const SharedPrincipal caller = Principal::OfToken("web");
  const AccessRequest request = {.method = Method::kCall,
                                 .scope = AccessRequest::Scope::kOne,
                                 .endpoint = "default",
                                 .to_name = "echo"};
  for (auto _ : state) {
    const Decision decision = rules->rules->Decide(*caller, request);
    Check(decision.allowed, "the last rule allows it");
  }
}

void RulesForOthers(benchmark::State& state) { Decide(state, ""); }
BENCHMARK(RulesForOthers)->Arg(1)->Arg(100)->Arg(10'000);

void RulesForEveryone(benchmark::State& state) { Decide(state, "*"); }
BENCHMARK(RulesForEveryone)->Arg(100);

}  // namespace
}  // namespace thespian::gateway

BENCHMARK_MAIN();
