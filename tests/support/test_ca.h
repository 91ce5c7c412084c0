// An authority that issues certificates to tests, made anew for each.
//
// Ownership: owns its key.
// Threads:   thread-compatible.
// Errors:    end the process: they are the test's own.
// Memory:    one key.
#ifndef TESTS_SUPPORT_TEST_CA_H_
#define TESTS_SUPPORT_TEST_CA_H_

#include <openssl/types.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace thespian::gateway {

// A certificate and its key, PEM.
struct IssuedPair {
  std::string certificate;
  std::string key;
};

class TestCa {
 public:
  struct Order {
    std::string name = "gateway";  // empty: it has no subject
    std::string alternatives = "DNS:localhost,IP:127.0.0.1";
    absl::Time not_before = absl::Now() - absl::Hours(1);
    absl::Time not_after = absl::Now() + absl::Hours(24 * 90);
  };

  explicit TestCa(const std::string& name = "test authority");
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  IssuedPair Issue(const Order& order) const;
  IssuedPair Issue(const std::string& name) const {
    return Issue(Order{.name = name});
  }

  // Its own, PEM.
  const std::string& certificate() const { return pem_; }

 private:
  struct Key;
  const std::unique_ptr<Key> key_;
  std::string pem_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TEST_CA_H_
