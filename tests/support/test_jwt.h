// Keys and JSON web tokens of a test.
//
// Ownership: a key is the caller's.
// Threads:   stateless.
// Errors:    end the process: they are the test's own.
// Memory:    what is returned.
#ifndef TESTS_SUPPORT_TEST_JWT_H_
#define TESTS_SUPPORT_TEST_JWT_H_

#include <cjose/cjose.h>

#include <cstddef>
#include <memory>
#include <string>

#include "nlohmann/json.hpp"

namespace thespian::gateway {

struct ReleaseTestKey {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};
using TestKey = std::unique_ptr<cjose_jwk_t, ReleaseTestKey>;

TestKey RsaKey(const std::string& kid, size_t bits = 2'048);
TestKey EcKey(const std::string& kid, cjose_jwk_ec_curve curve);

// As it is in a key set; with its secret it is no longer for others to see.
nlohmann::json PublicOf(const TestKey& key, bool with_secret = false);

// A token, whatever the key and the algorithm are.
std::string Sign(const TestKey& key, const std::string& algorithm,
                 const std::string& kid, const std::string& claims);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TEST_JWT_H_
