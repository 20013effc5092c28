// SPDX-License-Identifier: Apache-2.0
#include "conf/import/key_names.h"

#include <algorithm>

#include "policy/mail/domain.h"

namespace milterward::importing {
namespace {

bool is_there(const OldFiles& files, const std::string& path) {
  const auto slash = path.rfind('/');
  const auto names = files.names_in(path.substr(0, slash));
  return std::ranges::find(names, path.substr(slash + 1)) != names.end();
}

}  // namespace

std::string with_domain(std::string pattern, const std::string& domain) {
  for (auto at = pattern.find('%'); at != std::string::npos;
       at = pattern.find('%', at + domain.size()))
    pattern.replace(at, 1, domain);
  return pattern;
}

std::vector<std::string> domains_with_keys(const OldFiles& files,
                                           std::string_view pattern) {
  const auto first = pattern.find('%');
  const auto slash = pattern.rfind('/', first);
  if (first == std::string_view::npos || slash == std::string_view::npos) return {};
  const auto before = pattern.substr(slash + 1, first - slash - 1);
  const auto end = std::min(pattern.find_first_of("%/", first + 1), pattern.size());
  const auto after = pattern.substr(first + 1, end - first - 1);
  std::vector<std::string> domains;
  for (const auto& name : files.names_in(std::string{pattern.substr(0, slash)})) {
    if (name.size() <= before.size() + after.size() || !name.starts_with(before) ||
        !name.ends_with(after))
      continue;
    const auto domain =
        name.substr(before.size(), name.size() - before.size() - after.size());
    const auto parsed = Domain::parse(domain);
    if (!parsed || parsed->name() != domain) continue;
    if (is_there(files, with_domain(std::string{pattern}, domain)))
      domains.push_back(domain);
  }
  return domains;
}

}  // namespace milterward::importing
