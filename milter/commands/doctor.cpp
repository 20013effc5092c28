// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "milter/commands/exit_codes.h"
#include "milter/commands/findings_telling.h"
#include "milter/commands/smtp_client.h"
#include "policy/doctor/domain.h"
#include "policy/doctor/starttls.h"

namespace milterward::commands {
namespace {

constexpr std::chrono::seconds smtp_patience{20};

conf::DnsList block_list(const Domain& zone) {
  conf::DnsList list{};
  list.zone = zone;
  list.kind = conf::ListKind::block;
  list.codes = {ReturnCodes::parse("127.*.*.*").value()};
  return list;
}

/// What the arguments say, or what is wrong with them.
Result<doctor::Patient, std::string> patient_of(const DoctorArguments& arguments) {
  doctor::Patient patient;
  const auto domain = Domain::parse(arguments.patient);
  if (!domain || domain->label_count() < 2)
    return Unexpected{fmt::format("{}: not a domain", shown(arguments.patient))};
  patient.domain = *domain;
  for (const auto& text : arguments.addresses) {
    const auto address = IpAddress::parse(text);
    if (!address) return Unexpected{fmt::format("--ip {}: not an IP address", shown(text))};
    patient.egress.push_back(*address);
  }
  for (const auto& text : arguments.selectors) {
    const auto selector = Domain::parse(text);
    if (!selector) return Unexpected{fmt::format("--selector {}: not a name", shown(text))};
    patient.selectors.push_back(selector->name());
  }
  for (const auto& text : arguments.lists) {
    const auto zone = Domain::parse(text);
    if (!zone) return Unexpected{fmt::format("--dnsbl {}: not a domain", shown(text))};
    patient.lists.push_back(block_list(*zone));
  }
  return patient;
}

/// The lists of the configuration that speak against clients come first.
void add_configured_lists(doctor::Patient& patient, const conf::Config& config) {
  std::vector<conf::DnsList> lists;
  std::ranges::copy_if(
      config.inbound.dnsbl.lists, std::back_inserter(lists),
      [](const conf::DnsList& list) { return list.kind == conf::ListKind::block; });
  const auto is_configured = [&](const conf::DnsList& list) {
    return std::ranges::find(lists, list.zone, &conf::DnsList::zone) != lists.end();
  };
  std::erase_if(patient.lists, is_configured);
  patient.lists.insert(patient.lists.begin(), lists.begin(), lists.end());
}

void try_tls(const doctor::DomainReport& report, const Services& services,
             doctor::Findings& findings) {
  for (const auto& host : report.exchangers)
    for (const auto& address : host.addresses) {
      TcpSmtpServer server{address, smtp_port, {}, smtp_patience};
      auto more = doctor::examine_starttls(
          server, fmt::format("{} ({})", host.name, address.text()), services.authserv_id);
      std::ranges::move(more, std::back_inserter(findings));
    }
}

/// Those of the configuration, and of the domain and its parents what is loaded on demand.
Result<sign::KeyRing, ports::KeyFault> keys_of(const Services& services,
                                               const Domain& patient, Deadline deadline) {
  auto ring = *services.keys;
  for (auto domain = patient; services.key_shelf && !domain.empty();
       domain = domain.parent()) {
    const auto keys = services.key_shelf->keys_of(domain, deadline);
    if (!keys) return Unexpected{keys.fault()};
    for (const auto& key : *keys.value()) ring.add(key);
  }
  return ring;
}

}  // namespace

int doctor(const DoctorArguments& arguments, const ByHand& by_hand) {
  auto patient = patient_of(arguments);
  if (!patient) {
    fmt::print(stderr, "milterward: {}\n", patient.fault());
    return wrong_usage;
  }
  const auto config = config_of(by_hand);
  const auto services = services_of(by_hand, config);
  if (!services) return failed;
  const auto keys = keys_of(*services, patient->domain,
                            Deadline::after(*services->clock, config.dns.message_deadline));
  if (!keys) {
    fmt::print(stderr, "milterward: {}\n",
               keys.fault().reason.empty() ? "directory.sql.key_query finds no answer"
                                           : keys.fault().reason);
    return failed;
  }
  patient->keys = &keys.value();
  patient->discovery = config.dmarc.discovery;
  add_configured_lists(*patient, config);
  const auto report = doctor::examine_domain(*patient, *services->dns, *services->clock,
                                             config.dns.timeout);
  auto findings = report.findings;
  if (arguments.tries_tls) try_tls(report, *services, findings);
  tell(patient->domain.name(), findings, by_hand.output);
  return std::fflush(stdout) == 0 ? code_of(findings) : failed;
}

}  // namespace milterward::commands
