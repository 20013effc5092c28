// SPDX-License-Identifier: Apache-2.0
#include "conf/quota_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "conf/quota_limit.h"
#include "policy/base/ascii.h"

namespace milterward::conf {
namespace {

using Findings = std::vector<Finding>;

bool has_class(const QuotaSettings& quota, std::string_view name) {
  return std::ranges::find(quota.classes, name, &QuotaClass::name) != quota.classes.end();
}

void check_class_name(Findings& found, const QuotaSettings& quota, std::string place,
                      const std::string& name) {
  if (has_class(quota, name)) return;
  found.push_back({Severity::error, std::move(place),
                   fmt::format("there is no [[quota.class]] \"{}\"", printable(name, 80)),
                   "add one, or name one that is there"});
}

/// Two limits of one measure and period: only the lower could ever matter.
void check_limits(Findings& found, std::string_view table, std::size_t row,
                  const std::vector<QuotaLimit>& limits) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const auto& name = limits[i].name;
    if (!seen.insert(name).second)
      found.push_back({Severity::error, fmt::format("{}[{}].limits[{}]", table, row, i),
                       name + " has a limit already", "keep one of the two"});
  }
}

template <class Rows>
void check_all_limits(Findings& found, std::string_view table, const Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    check_limits(found, table, i, rows[i].plan.limits);
}

}  // namespace

/// A lock that nobody can take away is worse than the burst.
std::vector<Finding> check_warmup(const Config& config) {
  if (config.warmup.on_burst != OnBurst::lock || config.control.is_open()) return {};
  return {{Severity::error, "warmup.on_burst", "\"lock\" needs a way to unlock",
           "name a control.socket"}};
}

std::vector<Finding> check_quota(const QuotaSettings& quota) {
  Findings found;
  std::set<std::string> names;
  for (std::size_t i = 0; i < quota.classes.size(); ++i)
    if (!names.insert(quota.classes[i].name).second)
      found.push_back({Severity::error, fmt::format("quota.class[{}].name", i),
                       "names a class above already", "give each class a name of its own"});
  if (!quota.default_class.empty())
    check_class_name(found, quota, "quota.default_class", quota.default_class);
  check_all_limits(found, "quota.class", quota.classes);
  check_all_limits(found, "quota.domain", quota.domains);
  check_all_limits(found, "quota.client", quota.clients);
  check_all_limits(found, "quota.egress", quota.egresses);
  return found;
}

}  // namespace milterward::conf
