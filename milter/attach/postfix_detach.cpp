// SPDX-License-Identifier: Apache-2.0
// Taking our filter out of what main.cf and master.cf say today.
#include <fmt/format.h>

#include <algorithm>

#include "milter/attach/milter_list.h"
#include "milter/attach/postfix_plan.h"

namespace milterward::attach {
namespace {

constexpr bool is_list(std::string_view parameter) {
  return parameter == "smtpd_milters" || parameter == "non_smtpd_milters";
}

class Detachment {
 public:
  Detachment(const PostfixSetup& setup, std::string_view address)
      : setup_(setup), address_(address) {}

  Plan make(const std::vector<Change>& made) {
    for (const auto& change : made) take_back(change);
    for (const auto& [parameter, value] : setup_.written) take_out("", parameter, value);
    for (const auto& service : setup_.services)
      for (const auto& [parameter, value] : service.overrides)
        take_out(service.name, parameter, value);
    return std::move(plan_);
  }

 private:
  std::optional<std::string> now(const Change& change) const {
    const Settings* settings = &setup_.written;
    if (!change.service.empty()) {
      const auto at = std::ranges::find(setup_.services, change.service, &Service::name);
      if (at == setup_.services.end()) return {};
      settings = &at->overrides;
    }
    const auto at = settings->find(change.parameter);
    if (at == settings->end()) return {};
    return at->second;
  }

  /// What we set is put back; what somebody else has set since stays.
  void take_back(const Change& change) {
    const auto value = now(change);
    if (value == change.after) {
      plan_.changes.push_back({change.service, change.parameter, change.after,
                               change.before, "as it was before"});
    } else if (value != change.before && !is_list(change.parameter)) {
      plan_.notes.push_back(fmt::format("{}{} was changed since, and stays as it is",
                                        prefix(change.service), change.parameter));
    }
  }

  void take_out(const std::string& service, const std::string& parameter,
                const std::string& value) {
    const bool is_done = std::ranges::any_of(plan_.changes, [&](const Change& change) {
      return change.service == service && change.parameter == parameter;
    });
    if (is_done) return;
    const auto entries = parse_milters(value);
    std::vector<std::string> rest;
    std::ranges::copy_if(entries, std::back_inserter(rest), [&](const std::string& entry) {
      return !lead_to_the_same(attach::address_of(entry), address_,
                               setup_.meant_of("queue_directory"));
    });
    if (rest.size() == entries.size()) return;
    if (!is_list(parameter)) {
      plan_.notes.push_back(fmt::format("{}{} names our socket too, and stays as it is",
                                        prefix(service), parameter));
      return;
    }
    // In master.cf an empty value is one; without any, the filters of main.cf would count.
    std::optional<std::string> after;
    if (!service.empty())
      after = join_without_blanks(rest);
    else if (!rest.empty())
      after = join_milters(rest);
    plan_.changes.push_back({service, parameter, value, after, "our entry alone goes"});
  }

  static std::string prefix(const std::string& service) {
    return service.empty() ? "" : service + ": ";
  }

  const PostfixSetup& setup_;
  std::string_view address_;
  Plan plan_;
};

}  // namespace

Plan plan_detachment(const PostfixSetup& setup, std::string_view address,
                     const std::vector<Change>& made) {
  return Detachment{setup, address}.make(made);
}

}  // namespace milterward::attach
