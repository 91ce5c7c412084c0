#include "server/host/listener_tables.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "fmt/format.h"
#include "server/host/listener_settings.h"
#include "server/host/option_entries.h"
#include "server/host/option_kinds.h"
#include "server/host/option_printing.h"

namespace thespian::gateway {
namespace {

constexpr char kAddress[] = "--address";

absl::Status Error(std::string_view place, std::string_view what) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", place, what));
}

// One table.
class Table {
 public:
  explicit Table(const ConfigTable& table)
      : table_(table),
        entries_(app_, no_command_, OptionEntries::Nothing::kValue) {
    AddList(app_, kAddress, settings_.addresses, "Where to listen.");
    AddTlsOptions(app_, settings_);
    AddServices(app_, settings_);
    AddName(app_, settings_);
    AddTrust(app_, settings_);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  absl::Status Read(bool insecure) {
    for (const ConfigEntry& entry : table_.entries) {
      absl::Status status = Take(entry);
      if (!status.ok()) return status;
    }
    settings_.addresses = WithoutNothing(std::move(settings_.addresses));
    settings_.insecure = settings_.insecure || insecure;
    return Check();
  }

  std::vector<ListenerTerms> Terms() const {
    return ToTerms(settings_, table_.place + ": address");
  }

  std::string Print() const {
    std::string text = "\n[[listener]]\n";
    for (const CLI::Option* option : app_.get_options()) {
      if (entries_.Gave(NameOf(*option))) text += PrintOption(*option);
    }
    return text;
  }

 private:
  absl::Status Take(const ConfigEntry& entry) {
    if (entry.key != kCommandKey && entries_.Has(entry.key)) {
      return entries_.Take(entry);
    }
    return UnknownKey(entry, KeysOf(app_));
  }

  absl::Status Check() const {
    if (settings_.addresses.empty()) {
      return Error(table_.place, "a listener needs an address");
    }
    for (const std::string& text : settings_.addresses) {
      absl::Status status = CheckListenAddress(kAddress, text, entries_);
      if (!status.ok()) return status;
    }
    return CheckListener(kAddress, settings_, entries_);
  }

  const ConfigTable& table_;
  ListenerSettings settings_;
  std::vector<std::string> no_command_;
  CLI::App app_;
  OptionEntries entries_;
};

}  // namespace

absl::StatusOr<ListenerTables> ReadListeners(
    const std::vector<ConfigTable>& tables, bool insecure) {
  ListenerTables read;
  for (const ConfigTable& of_file : tables) {
    if (&of_file - tables.data() == kMostListeners) {
      return Error(
          of_file.place,
          fmt::format("there are more than {} listeners", kMostListeners));
    }
    Table table(of_file);
    absl::Status status = table.Read(insecure);
    if (!status.ok()) return status;
    for (ListenerTerms& terms : table.Terms()) {
      read.terms.push_back(std::move(terms));
    }
    read.printed += table.Print();
  }
  return read;
}

}  // namespace thespian::gateway
