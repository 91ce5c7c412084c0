#include "server/tls/certificate_check.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "server/command_line/file_text.h"

namespace thespian::gateway {
namespace {

// Frees what OpenSSL has made.
struct Freed {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;
using Chain = std::vector<Owned<X509>>;

absl::Status Wrong(const std::string& file, std::string_view what) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", file, what));
}

// What OpenSSL complained of last, which it forgets.
std::string TakeReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text = reason != nullptr ? reason : "no reason is given";
  ERR_clear_error();
  return text;
}

Owned<BIO> Open(std::string_view text) {
  return Owned<BIO>(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask for one at the terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/,
               void* /*data*/) {
  return -1;
}

absl::StatusOr<Chain> ParseCertificates(const std::string& file,
                                        std::string_view text) {
  ERR_clear_error();
  const Owned<BIO> bio = Open(text);
  Chain chain;
  while (true) {
    Owned<X509> next(
        PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
    if (next == nullptr) break;
    chain.push_back(std::move(next));
  }
  const bool at_the_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = TakeReason();
  if (at_the_end && !chain.empty()) return chain;
  return Wrong(file, at_the_end ? "there is no certificate in it (PEM)"
                                : fmt::format("a certificate in it can't be "
                                              "read: {}",
                                              reason));
}

absl::StatusOr<Owned<EVP_PKEY>> ParseKey(const std::string& file,
                                         std::string_view text) {
  ERR_clear_error();
  const Owned<BIO> bio = Open(text);
  Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key != nullptr) return key;
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  const std::string text_of_reason = TakeReason();
  if (reason == PEM_R_BAD_PASSWORD_READ) {
    return Wrong(file, "the key is encrypted: a gateway has no password");
  }
  return Wrong(file,
               fmt::format("there is no key in it that can be read (PEM): {}",
                           text_of_reason));
}

std::string SubjectOf(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253);
  char* text = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &text));
  return size > 0 ? std::string(text, size) : "(no subject)";
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

absl::Time NotAfter(X509* certificate) {
  return TimeOf(X509_get0_notAfter(certificate));
}

std::string Format(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Status CheckTimes(const std::string& file, X509* certificate,
                        absl::Time now) {
  const absl::Time not_before = TimeOf(X509_get0_notBefore(certificate));
  if (now < not_before) {
    return Wrong(file, fmt::format("the certificate of {} is not valid before "
                                   "{}",
                                   SubjectOf(certificate), Format(not_before)));
  }
  if (now < NotAfter(certificate)) return absl::OkStatus();
  return Wrong(
      file, fmt::format("the certificate of {} has expired at {}",
                        SubjectOf(certificate), Format(NotAfter(certificate))));
}

// Whether `issuer` has signed `certificate`.
bool Issued(X509* issuer, X509* certificate) {
  const bool issued = X509_check_issued(issuer, certificate) == X509_V_OK &&
                      X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  return issued;
}

absl::Status CheckChain(const std::string& file, const Chain& chain,
                        absl::Time now) {
  for (const Owned<X509>& certificate : chain) {
    absl::Status status = CheckTimes(file, certificate.get(), now);
    if (!status.ok()) return status;
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (Issued(chain[i].get(), chain[i - 1].get())) continue;
    return Wrong(file, fmt::format("the certificate of {} is not issued by {}, "
                                   "which comes after it",
                                   SubjectOf(chain[i - 1].get()),
                                   SubjectOf(chain[i].get())));
  }
  return absl::OkStatus();
}

absl::Status CheckKey(const TlsFiles& files, X509* certificate, EVP_PKEY* key) {
  const bool fits = X509_check_private_key(certificate, key) == 1;
  ERR_clear_error();
  if (!fits) {
    return Wrong(files.key, fmt::format("the key is not that of the "
                                        "certificate in {}",
                                        files.certificate));
  }
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate(context.get(), certificate) == 1 &&
      SSL_CTX_use_PrivateKey(context.get(), key) == 1) {
    return absl::OkStatus();
  }
  return Wrong(files.certificate,
               fmt::format("OpenSSL refuses it: {}", TakeReason()));
}

// Others may have expired: a bundle keeps them for a while.
absl::Status CheckClientCa(const std::string& file, std::string_view text,
                           absl::Time now) {
  const absl::StatusOr<Chain> issuers = ParseCertificates(file, text);
  if (!issuers.ok()) return issuers.status();
  absl::Status status;
  for (const Owned<X509>& issuer : *issuers) {
    status = CheckTimes(file, issuer.get(), now);
    if (status.ok()) break;
  }
  return status;
}

absl::StatusOr<std::string> Read(const std::string& path) {
  return ReadFileText(path, kMostPemBytes);
}

}  // namespace

absl::StatusOr<PemTexts> ReadPemTexts(const TlsFiles& files) {
  absl::StatusOr<std::string> certificate = Read(files.certificate);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::string> key = Read(files.key);
  if (!key.ok()) return key.status();
  PemTexts texts{.certificate = *std::move(certificate),
                 .key = *std::move(key),
                 .client_ca = {}};
  if (files.client_ca.empty()) return texts;
  absl::StatusOr<std::string> client_ca = Read(files.client_ca);
  if (!client_ca.ok()) return client_ca.status();
  texts.client_ca = *std::move(client_ca);
  return texts;
}

absl::StatusOr<CertificateFacts> CheckCertificates(const TlsFiles& files,
                                                   const PemTexts& texts,
                                                   absl::Time now) {
  const absl::StatusOr<Chain> chain =
      ParseCertificates(files.certificate, texts.certificate);
  if (!chain.ok()) return chain.status();
  const absl::StatusOr<Owned<EVP_PKEY>> key = ParseKey(files.key, texts.key);
  if (!key.ok()) return key.status();
  X509* const own = chain->front().get();
  absl::Status status = CheckKey(files, own, key->get());
  if (status.ok()) status = CheckChain(files.certificate, *chain, now);
  if (status.ok() && !files.client_ca.empty()) {
    status = CheckClientCa(files.client_ca, texts.client_ca, now);
  }
  if (!status.ok()) return status;
  CertificateFacts facts{.subject = SubjectOf(own), .not_after = NotAfter(own)};
  for (const Owned<X509>& certificate : *chain) {
    facts.not_after = std::min(facts.not_after, NotAfter(certificate.get()));
  }
  return facts;
}

}  // namespace thespian::gateway
