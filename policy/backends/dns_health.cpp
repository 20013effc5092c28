// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_health.h"

#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

constexpr std::size_t enough_faults_of_several_domains = 3;
constexpr std::size_t enough_faults_of_one_domain = 10;

/// The last two labels: enough to tell one sender's names from another's.
std::string_view domain_in(std::string_view name) {
  const auto last_dot = name.rfind('.');
  if (last_dot == std::string_view::npos || last_dot == 0) return name;
  const auto dot = name.rfind('.', last_dot - 1);
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

void DnsHealth::note_answer(SteadyTime now) {
  last_answer_ = now;
  faults_in_a_row_ = 0;
  several_domains_ = false;
  if (!failing_) return;
  failing_ = false;
  log_event(Event::dns_recovered, {{"servers", servers_}});
}

void DnsHealth::note_fault(std::string_view name, ports::DnsFault fault, SteadyTime asked) {
  if (asked <= last_answer_) return;
  if (faults_in_a_row_++ == 0) first_domain_ = domain_in(name);
  if (domain_in(name) != first_domain_) several_domains_ = true;
  if (failing_ || faults_in_a_row_ < (several_domains_ ? enough_faults_of_several_domains
                                                       : enough_faults_of_one_domain))
    return;
  failing_ = true;
  log_event(Event::dns_failing,
            {{"servers", servers_}, {"reason", std::string{to_text(fault)}}});
}

}  // namespace milterward::backends
