// The part of the command line that says how a gateway is reached: its address,
// TLS, headers, and a context that has all of these.
//
// Ownership: the App writes to it and to the options; both outlive the App.
// Threads:   thread-compatible.
// Errors:    as ReadContext has them; INVALID_ARGUMENT: a header is none.
#ifndef CLIENTS_CLI_CONNECTION_LINE_H_
#define CLIENTS_CLI_CONNECTION_LINE_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "clients/cli/context_file.h"
#include "clients/cli/options.h"

namespace thespian::gateway::cli {

class ConnectionLine {
 public:
  void AddTo(CLI::App& app, Options& options);

  // After the line was parsed. What it says wins over the context. One that is
  // not asked for is not used with an address that is: it may have a token.
  absl::Status Settle(Options& options) const;

 private:
  bool AddressIsTyped(const Options& options) const;
  absl::Status AddHeader(const std::string& text, Options& options) const;
  void SetTls(const Context& context, Options& options) const;

  CLI::Option* address_ = nullptr;
  std::string context_;
  bool tls_ = false;
  client::TlsOptions files_;
  std::vector<std::string> headers_;
};

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CONNECTION_LINE_H_
