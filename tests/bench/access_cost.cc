// What a decision about a request costs, with many rules.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "endpoint/check.h"
#include "server/access/rules.h"
#include "server/access/rules_file.h"

namespace thespian::gateway {
namespace {

// Each for another token; the last one allows everyone's calls to echo.
std::string ManyRules(int64_t count, const std::string& principals) {
  std::string text;
  for (int64_t i = 0; i + 1 < count; ++i) {
    const std::string number = std::to_string(i);
    text += "[[rule]]\ntitle = \"" + number + "\"\nprincipals = [\"" +
            (principals.empty() ? "token:t" + number : principals) +
            "\"]\nmethods = [\"*\"]\nendpoints = [\"e" + number +
            "\"]\nsend-to = [\"n" + number +
            "\", \"db.*\"]\noutcome = \"allow\"\n";
  }
  return text +
         "[[rule]]\ntitle = \"last\"\nprincipals = [\"*\"]\n"
         "methods = [\"Call\"]\nsend-to = [\"echo\"]\noutcome = \"allow\"\n";
}

void Decide(benchmark::State& state, const std::string& principals) {
  const auto rules = ParseRules(ManyRules(state.range(0), principals), "f");
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
