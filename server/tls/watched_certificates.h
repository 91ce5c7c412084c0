// The certificates of one listener: read from files that somebody renews while
// the gateway runs.
//
// Once a second the files are read. New ones are checked as soon as they have
// been the same twice, so that nobody sees a certificate without its key while
// the two are being written. Right ones are used by every handshake from then
// on; connections that are there stay. Wrong ones change nothing, and a line
// says why.
//
// Ownership: shared by its listener and by gRPC's credentials. Borrows the
//   clock and the log, which outlive both.
// Threads:   Tick and Reload are the owner's; the rest is safe from any thread.
// Errors:    Load says which file is wrong, and why. Later ones are logged.
// Memory:    the texts of the files, twice.
#ifndef SERVER_TLS_WATCHED_CERTIFICATES_H_
#define SERVER_TLS_WATCHED_CERTIFICATES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "endpoint/clock.h"
#include "endpoint/mutex.h"
#include "server/tls/certificate_check.h"
#include "server/tls/tls_files.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

class WatchedCertificates {
 public:
  // From how long before the end a warning is logged, once a day.
  static constexpr absl::Duration kWarnBefore = absl::Hours(14 * 24);

  // What handshakes use. Each has a number that is larger than the last one's.
  struct Version {
    uint64_t number = 0;
    PemTexts texts;
    CertificateFacts facts;
  };

  // `listener` is what the log calls it.
  static absl::StatusOr<std::shared_ptr<WatchedCertificates>> Load(
      TlsFiles files, std::string listener, const Clock& clock,
      spdlog::logger& log);

  // Looks at the files; to be called about once a second.
  void Tick();
  // The same, and what they say now counts.
  void Reload();

  const TlsFiles& files() const { return files_; }
  const std::string& listener() const { return listener_; }
  std::shared_ptr<const Version> current() const;

 private:
  WatchedCertificates(TlsFiles files, std::string listener, const Clock& clock,
                      spdlog::logger& log)
      : files_(std::move(files)),
        listener_(std::move(listener)),
        clock_(clock),
        log_(log) {}

  absl::Status Use(PemTexts texts);
  void Judge();
  void Complain(const absl::Status& status);
  void WarnOfTheEnd();

  const TlsFiles files_;
  const std::string listener_;
  const Clock& clock_;
  spdlog::logger& log_;
  absl::StatusOr<PemTexts> seen_;  // last
  std::string complaint_;          // of what is in the files; empty: none
  absl::Time warned_ = absl::InfinitePast();
  mutable Mutex mutex_;
  std::shared_ptr<const Version> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // SERVER_TLS_WATCHED_CERTIFICATES_H_
