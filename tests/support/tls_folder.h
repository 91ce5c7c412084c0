// A folder with the files of a listener's TLS, as a test writes them.
//
// Ownership: owns the folder.
#ifndef TESTS_SUPPORT_TLS_FOLDER_H_
#define TESTS_SUPPORT_TLS_FOLDER_H_

#include <fstream>
#include <string>

#include "server/tls/tls_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_ca.h"

namespace thespian::gateway {

class TlsFolder {
 public:
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_.File(name), std::ios::trunc) << text;
    return directory_.File(name);
  }
  void Write(const IssuedPair& pair) const {
    Write("tls.crt", pair.certificate);
    Write("tls.key", pair.key);
  }

  TlsFiles Files() const {
    return {.certificate = directory_.File("tls.crt"),
            .key = directory_.File("tls.key")};
  }
  // The same, for clients that show certificates of `ca`.
  TlsFiles Files(const TestCa& ca, ClientCertificates clients) const {
    TlsFiles files = Files();
    files.client_ca = Write("ca.crt", ca.certificate());
    files.clients = clients;
    return files;
  }

 private:
  const TempDir directory_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TLS_FOLDER_H_
