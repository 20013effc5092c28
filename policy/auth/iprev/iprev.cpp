// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/iprev/iprev.h"

#include <algorithm>
#include <vector>

#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

constexpr std::size_t name_limit = 5;

}  // namespace

std::string_view to_text(IprevResult result) noexcept {
  switch (result) {
    case IprevResult::pass:
      return "pass";
    case IprevResult::fail:
      return "fail";
    case IprevResult::temperror:
      return "temperror";
    case IprevResult::permerror:
      return "permerror";
  }
  unreachable();
}

namespace {

IprevResult result_of(ports::DnsFault fault) noexcept {
  return ports::is_permanent(fault) ? IprevResult::permerror : IprevResult::temperror;
}

}  // namespace

ports::DnsQuestion iprev_question(const IpAddress& client) {
  return {client.reverse_name(), ports::DnsType::ptr};
}

IprevFinding check_iprev(const IpAddress& client, ports::Resolver& dns, Deadline deadline) {
  if (!client.known()) return {IprevResult::permerror, ""};
  const auto names = dns.look_up(iprev_question(client), deadline);
  if (!names) return {result_of(names.fault()), ""};
  if ((*names)->names.empty()) return {IprevResult::permerror, ""};

  const auto type = client.is_v4() ? ports::DnsType::a : ports::DnsType::aaaa;
  std::vector<std::pair<std::string, ports::Pending>> questions;
  for (const auto& name : (*names)->names) {
    if (questions.size() == name_limit) break;
    questions.emplace_back(name, dns.ask({name, type}));
  }
  auto otherwise = IprevResult::fail;
  for (const auto& [name, question] : questions) {
    const auto addresses = question.wait(deadline);
    if (!addresses && otherwise != IprevResult::temperror)
      otherwise = result_of(addresses.fault());
    else if (addresses && std::ranges::find((*addresses)->addresses, client) !=
                              (*addresses)->addresses.end())
      return {IprevResult::pass, name};
  }
  return {otherwise, questions.front().first};
}

}  // namespace milterward::auth
