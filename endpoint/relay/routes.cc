#include "endpoint/relay/routes.h"

#include <algorithm>

#include "absl/strings/string_view.h"

namespace thespian::gateway {

Routes::Routes(const Table& table) {
  for (const auto& [name, pool] : table) {
    if (name.ends_with('*')) {
      prefixes_.emplace_back(name.substr(0, name.size() - 1), pool);
    } else {
      exact_.emplace(name, pool);
    }
  }
  std::stable_sort(prefixes_.begin(), prefixes_.end(),
                   [](const auto& a, const auto& b) {
                     return a.first.size() > b.first.size();
                   });
}

const std::string* Routes::Find(std::string_view name) const {
  const auto exact = exact_.find(absl::string_view(name.data(), name.size()));
  if (exact != exact_.end()) return &exact->second;
  for (const auto& [prefix, pool] : prefixes_) {
    if (name.starts_with(prefix)) return &pool;
  }
  return nullptr;
}

}  // namespace thespian::gateway
