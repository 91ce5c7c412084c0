#include "tests/support/test_ca.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "endpoint/check.h"

namespace thespian::gateway {
namespace {

struct Freed {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

std::string TextOf(BIO* bio) {
  char* text = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &text));
  return {text, size};
}

std::string ToPem(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM is written");
  return TextOf(bio.get());
}

std::string ToPem(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1,
        "PEM is written");
  return TextOf(bio.get());
}

void Extend(X509* certificate, X509* issuer, int what, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, what, value);
  Check(extension != nullptr, "the extension is right");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Everything but its issuer and its signature.
Owned<X509> Draft(const TestCa::Order& order, EVP_PKEY* key) {
  Owned<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  long serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), 4);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()),
                absl::ToTimeT(order.not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()),
                absl::ToTimeT(order.not_after));
  X509_set_pubkey(certificate.get(), key);
  if (order.name.empty()) return certificate;
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(order.name.c_str()), -1, -1, 0);
  return certificate;
}

void Sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  Check(X509_sign(certificate, key, EVP_sha256()) > 0, "it is signed");
}

}  // namespace

struct TestCa::Key {
  Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  Owned<X509> certificate;
};

TestCa::TestCa(const std::string& name) : key_(std::make_unique<Key>()) {
  EVP_PKEY* const key = key_->key.get();
  key_->certificate = Draft(
      {.name = name, .not_before = absl::Now() - absl::Hours(24 * 900)}, key);
  X509* const own = key_->certificate.get();
  Extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
  Extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  Sign(own, own, key);
  pem_ = ToPem(own);
}

TestCa::~TestCa() = default;

IssuedPair TestCa::Issue(const Order& order) const {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> certificate = Draft(order, key.get());
  X509* const issuer = key_->certificate.get();
  if (!order.alternatives.empty()) {
    Extend(certificate.get(), issuer, NID_subject_alt_name,
           order.alternatives.c_str());
  }
  Extend(certificate.get(), issuer, NID_basic_constraints, "CA:FALSE");
  Sign(certificate.get(), issuer, key_->key.get());
  return {.certificate = ToPem(certificate.get()), .key = ToPem(key.get())};
}

}  // namespace thespian::gateway
