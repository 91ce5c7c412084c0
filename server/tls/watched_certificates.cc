#include "server/tls/watched_certificates.h"

#include <utility>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

std::string Format(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<std::shared_ptr<WatchedCertificates>> WatchedCertificates::Load(
    TlsFiles files, std::string listener, const Clock& clock,
    spdlog::logger& log) {
  std::shared_ptr<WatchedCertificates> loaded(new WatchedCertificates(
      std::move(files), std::move(listener), clock, log));
  loaded->seen_ = ReadPemTexts(loaded->files_);
  if (!loaded->seen_.ok()) return loaded->seen_.status();
  absl::Status status = loaded->Use(*loaded->seen_);
  if (!status.ok()) return status;
  return loaded;
}

void WatchedCertificates::Tick() {
  absl::StatusOr<PemTexts> read = ReadPemTexts(files_);
  const bool settled = read == seen_;
  seen_ = std::move(read);
  if (settled) Judge();
  WarnOfTheEnd();
}

void WatchedCertificates::Reload() {
  seen_ = ReadPemTexts(files_);
  complaint_.clear();  // it is said again
  Judge();
}

std::shared_ptr<const WatchedCertificates::Version>
WatchedCertificates::current() const {
  MutexLock lock(mutex_);
  return current_;
}

absl::Status WatchedCertificates::Use(PemTexts texts) {
  absl::StatusOr<CertificateFacts> facts =
      CheckCertificates(files_, texts, clock_.Now());
  if (!facts.ok()) return facts.status();
  const std::shared_ptr<const Version> last = current();
  auto next = std::make_shared<const Version>(
      Version{.number = last == nullptr ? 1 : last->number + 1,
              .texts = std::move(texts),
              .facts = *std::move(facts)});
  log_.info("certificate of {}: {}, until {}", listener_, next->facts.subject,
            Format(next->facts.not_after));
  warned_ = absl::InfinitePast();
  MutexLock lock(mutex_);
  current_.swap(next);
  return absl::OkStatus();
}

// What is wrong now may be right later, without a change: one that is not valid
// yet.
void WatchedCertificates::Judge() {
  if (seen_.ok() && *seen_ == current()->texts) return complaint_.clear();
  const absl::Status status = seen_.ok() ? Use(*seen_) : seen_.status();
  if (status.ok()) return complaint_.clear();
  Complain(status);
}

void WatchedCertificates::Complain(const absl::Status& status) {
  if (complaint_ == status.message()) return;
  complaint_ = std::string(status.message());
  log_.error(
      "certificate of {}: the new files are not used: {}; the certificate in "
      "use stays, until {}",
      listener_, complaint_, Format(current()->facts.not_after));
}

void WatchedCertificates::WarnOfTheEnd() {
  const absl::Time now = clock_.Now();
  const auto version = current();
  const absl::Duration left = version->facts.not_after - now;
  if (left > kWarnBefore || now - warned_ < kDay) return;
  warned_ = now;
  if (left <= absl::ZeroDuration()) {
    return log_.error("certificate of {}: {} has expired at {}", listener_,
                      version->facts.subject, Format(version->facts.not_after));
  }
  log_.warn("certificate of {}: {} expires in {} days, at {}", listener_,
            version->facts.subject, absl::ToInt64Hours(left) / 24,
            Format(version->facts.not_after));
}

}  // namespace thespian::gateway
