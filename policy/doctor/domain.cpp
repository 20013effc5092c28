// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/domain.h"

#include "policy/doctor/domain_policy.h"
#include "policy/doctor/egress.h"
#include "policy/doctor/sender_policy.h"
#include "policy/doctor/signatures.h"
#include "policy/doctor/transport.h"

namespace milterward::doctor {
namespace {

using ports::DnsType;

/// Whatever the answers are, these are asked; together they take as long as one.
void ask_all(Examination& examination) {
  const auto& domain = examination.domain();
  examination.ask_early(domain, DnsType::mx);
  examination.ask_early(domain, DnsType::txt);
  for (const auto* prefix : {"_dmarc.", "_mta-sts.", "_smtp._tls."})
    examination.ask_early(prefix + domain, DnsType::txt);
  for (const auto& address : examination.patient().egress)
    examination.ask_early(address.reverse_name(), DnsType::ptr);
}

}  // namespace

DomainReport examine_domain(const Patient& patient, ports::Resolver& dns,
                            const Clock& clock, std::chrono::milliseconds patience) {
  Examination examination{patient, dns, clock, patience};
  ask_all(examination);
  DomainReport report;
  const auto hosts = examine_exchanges(examination);
  if (hosts.domain_exists) {
    const auto spf = examine_spf(examination, hosts);
    const auto dkim = examine_dkim(examination, spf.sends_nothing);
    examine_dmarc(examination, spf, dkim);
    examine_transport(examination);
  }
  for (const auto& address : patient.egress) examine_egress(examination, address, hosts);
  report.exchangers = hosts.hosts;
  report.findings = examination.findings();
  return report;
}

}  // namespace milterward::doctor
