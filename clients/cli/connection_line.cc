#include "clients/cli/connection_line.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

constexpr char kAddressVariable[] = "THESPIAN_GATEWAY_ADDRESS";

// The first that is not empty.
const std::string& Either(const std::string& one, const std::string& other) {
  return one.empty() ? other : one;
}

}  // namespace

void ConnectionLine::AddTo(CLI::App& app, Options& options) {
  address_ = app.add_option("--address", options.address,
                            "Where the gateway listens: host:port or unix:PATH")
                 ->envname(kAddressVariable)
                 ->capture_default_str();
  app.add_option("--context", context_,
                 "The gateway of this name in ~/.config/thespianctl/"
                 "config.toml");
  app.add_flag("--tls", tls_, "Encrypt, and check the gateway's certificate");
  app.add_option("--ca", files_.ca,
                 "With TLS: a PEM file of who may have issued it (otherwise "
                 "whom the system trusts)");
  app.add_option("--cert", files_.certificate,
                 "With TLS: a PEM file of a certificate to show");
  app.add_option("--key", files_.key, "Its key, a PEM file");
  app.add_option("--header", headers_,
                 "KEY:VALUE, sent with each request; repeatable")
      ->allow_extra_args(false)
      ->take_all();
}

bool ConnectionLine::AddressIsTyped(const Options& options) const {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody writes the environment.
  const char* variable = std::getenv(kAddressVariable);
  return address_->count() > 0 &&
         (variable == nullptr || options.address != variable);
}

absl::Status ConnectionLine::Settle(Options& options) const {
  Context context;
  const std::string path = ContextPath();
  if (!context_.empty() || (address_->count() == 0 && !path.empty())) {
    absl::StatusOr<Context> read = ReadContext(path, context_);
    if (!read.ok()) return read.status();
    context = *std::move(read);
  }
  if (!context.address.empty() && !AddressIsTyped(options)) {
    options.address = context.address;
  }
  if (options.endpoint.empty()) options.endpoint = context.endpoint;
  SetTls(context, options);
  for (const auto* headers : {&std::as_const(context.headers), &headers_}) {
    for (const std::string& text : *headers) {
      absl::Status status = AddHeader(text, options);
      if (!status.ok()) return status;
    }
  }
  return client::CheckHeaders(options.headers);
}

void ConnectionLine::SetTls(const Context& context, Options& options) const {
  const bool own = !files_.certificate.empty() || !files_.key.empty();
  client::TlsOptions tls = {
      .ca = Either(files_.ca, context.ca),
      .certificate = own ? files_.certificate : context.cert,
      .key = own ? files_.key : context.key};
  if (tls_ || context.tls || !tls.ca.empty() || !tls.certificate.empty() ||
      !tls.key.empty()) {
    options.tls = std::move(tls);
  }
}

// Nothing of it is repeated: it may be a token.
absl::Status ConnectionLine::AddHeader(const std::string& text,
                                       Options& options) const {
  const size_t colon = text.find(':');
  if (colon == text.npos) {
    return absl::InvalidArgumentError("--header: it must be KEY:VALUE");
  }
  options.headers.push_back(
      {.key = absl::AsciiStrToLower(
           absl::StripAsciiWhitespace(text.substr(0, colon))),
       .value =
           std::string(absl::StripAsciiWhitespace(text.substr(colon + 1)))});
  return absl::OkStatus();
}

}  // namespace thespian::gateway::cli
