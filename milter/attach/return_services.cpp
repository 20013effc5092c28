// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/return_services.h"

#include <fmt/format.h>

#include <algorithm>

#include "milter/attach/milter_list.h"

namespace milterward::attach {
namespace {

/// What a service says itself, or else main.cf.
std::string value_for(const PostfixSetup& setup, const Service& service,
                      std::string_view parameter) {
  const auto at = service.overrides.find(parameter);
  return at != service.overrides.end() ? at->second
                                       : std::string{setup.meant_of(parameter)};
}

/// Services whose mail goes through it; "main.cf" first where it is set for all.
std::vector<std::string> users_of(const PostfixSetup& setup, std::string_view parameter) {
  std::vector<std::string> users;
  if (!setup.meant_of(parameter).empty()) users.emplace_back("main.cf");
  for (const auto& service : setup.services) {
    const auto at = service.overrides.find(parameter);
    if (at != service.overrides.end() && !at->second.empty()) users.push_back(service.name);
  }
  return users;
}

/// "filter:dummy" -> "filter"
std::string transport_of(std::string_view filter) {
  return std::string{filter.substr(0, filter.find(':'))};
}

/// A content filter that is a program of pipe(8) usually hands mail back by sendmail(1).
bool goes_to_a_pipe(const PostfixSetup& setup) {
  std::vector<std::string> filters{std::string{setup.meant_of("content_filter")}};
  for (const auto& service : setup.services)
    filters.push_back(value_for(setup, service, "content_filter"));
  return std::ranges::any_of(filters, [&](const std::string& filter) {
    const auto name = transport_of(filter) + "/unix";
    const auto at = std::ranges::find(setup.services, name, &Service::name);
    return at != setup.services.end() && at->program == "pipe";
  });
}

bool is_off(const PostfixSetup& setup, const Service& service) {
  const auto milters = service.overrides.find("smtpd_milters");
  if (milters != service.overrides.end() && milters->second.empty()) return true;
  const auto options = parse_milters(value_for(setup, service, "receive_override_options"));
  return std::ranges::find(options, "no_milters") != options.end();
}

}  // namespace

bool takes_mail_back(const Service& service) {
  if (service.program != "smtpd") return false;
  const auto is_empty = [&](std::string_view parameter) {
    const auto at = service.overrides.find(parameter);
    return at != service.overrides.end() && at->second.empty();
  };
  return is_empty("content_filter") || is_empty("smtpd_proxy_filter") ||
         service.overrides.contains("smtpd_authorized_xforward_hosts");
}

Returns look_for_returns(const PostfixSetup& setup) {
  Returns found;
  const auto behind_queue = users_of(setup, "content_filter");
  const auto before_queue = users_of(setup, "smtpd_proxy_filter");
  if (behind_queue.empty() && before_queue.empty()) return found;
  bool any = false;
  for (const auto& service : setup.services) {
    if (!takes_mail_back(service)) continue;
    any = true;
    if (is_off(setup, service)) continue;
    auto options = parse_milters(value_for(setup, service, "receive_override_options"));
    options.emplace_back("no_milters");
    found.not_yet_off.push_back({service.name, join_without_blanks(options)});
  }
  if (!before_queue.empty())
    found.notes.push_back(fmt::format(
        "smtpd_proxy_filter ({}): behind a proxy Postfix shows filters the envelope and "
        "nothing of the message, so relaying is ruled, and SPF, DKIM, DMARC and signing "
        "are "
        "not; content_filter, or the content filter as a milter, would allow them",
        fmt::join(before_queue, ", ")));
  if (goes_to_a_pipe(setup))
    found.notes.emplace_back(
        "a content filter is a program of pipe(8); mail it hands back by the sendmail "
        "command meets non_smtpd_milters again, and Milterward knows it by its trace "
        "field");
  else if (!any)
    found.notes.emplace_back(
        "a content filter is set, and no smtpd with \"-o content_filter=\" takes mail back "
        "from it; whatever does needs -o receive_override_options=no_milters");
  return found;
}

}  // namespace milterward::attach
