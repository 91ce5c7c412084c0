// A file with many rules.
//
// Threads: stateless; safe from any thread.
#ifndef TESTS_BENCH_MANY_RULES_H_
#define TESTS_BENCH_MANY_RULES_H_

#include <cstdint>
#include <string>

namespace thespian::gateway::bench {

// So many rules for `principals` (empty: each for another token), of which the
// last one alone allows anything: what the benchmarks send to echo and counter.
inline std::string ManyRules(int64_t count, const std::string& principals) {
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
         "methods = [\"Call\", \"SendNamed\", \"Attach\"]\n"
         "send-to = [\"echo\", \"counter\"]\noutcome = \"allow\"\n";
}

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_MANY_RULES_H_
