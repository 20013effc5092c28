// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/doctor_mta.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "milter/attach/milter_list.h"
#include "milter/attach/mta_doctor.h"
#include "milter/commands/attach_case.h"
#include "milter/commands/attach_telling.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/findings_telling.h"

namespace milterward::commands {
namespace {

using namespace attach;
using doctor::Findings;

constexpr auto usual_cf = "/etc/mail/sendmail.cf";

void append(Findings& findings, Findings more) {
  std::ranges::move(more, std::back_inserter(findings));
}

/// As main.cf spells the socket; as it would, where it does not name us.
std::string address_in(const PostfixSetup& setup, const std::string& ours) {
  for (const auto& entry : parse_milters(setup.meant_of("smtpd_milters")))
    if (lead_to_the_same(address_of(entry), ours, setup.meant_of("queue_directory")))
      return std::string{address_of(entry)};
  return ours;
}

/// Who smtpd and cleanup are, and where they work.
ProbeAs as_postfix(const PostfixSetup& setup, const SocketSite& site) {
  ProbeAs as;
  as.directory = setup.meant_of("queue_directory");
  if (setup.filters_are_chrooted()) as.root = as.directory;
  as.user = site.mta_uid;
  as.groups = site.mta_groups;
  return as;
}

/// What is no fault of the mail server's rights shows whoever tries.
bool shows_to_anybody(ProbeAnswer::Kind kind) {
  return kind == ProbeAnswer::Kind::nobody_listens ||
         kind == ProbeAnswer::Kind::no_filter || kind == ProbeAnswer::Kind::silent;
}

/// Tries the socket, as the mail server where we are root.
void try_socket(const std::string& address, const ProbeAs& as, const std::string& who,
                Findings& findings) {
  const bool is_root = ::geteuid() == 0;
  ProbeAs tried = as;
  if (!is_root) tried = {as.user, {}, "", as.directory, as.patience};
  const auto answer = probe_milter(address, tried);
  if (is_root || shows_to_anybody(answer.kind))
    append(findings,
           findings_of(answer, fmt::format("{}, tried as {}", address,
                                           is_root ? who : "the user who ran this")));
  if (!is_root) findings.push_back(tried_as_ourselves());
}

void examine_socket(const Case& found, const front::SocketSpec& socket,
                    Findings& findings) {
  const auto site = site_of(found, socket);
  if (!site) {
    try_socket(address_in(found.setup, found.address), {}, "root", findings);
    return;
  }
  auto in_the_way = findings_of(missing_access(*site, group_name));
  if (!in_the_way.empty()) return append(findings, std::move(in_the_way));
  const auto as = as_postfix(found.setup, *site);
  try_socket(address_in(found.setup, found.address), as,
             fmt::format("{}{}", site->mta_user,
                         as.root.empty() ? "" : " in the chroot " + as.root),
             findings);
}

int told(const char* mta, const Findings& findings, Output output) {
  tell(mta, findings, output);
  return std::fflush(stdout) == 0 ? code_of(findings) : failed;
}

}  // namespace

int doctor_postfix(const AttachArguments& arguments) {
  auto found = look(arguments);
  if (!found) return complain("doctor", found.fault());
  const auto socket = socket_of(arguments, found->config);
  if (!socket) return complain("doctor", socket.fault());
  const auto address = address_for(*socket, found->setup);
  if (!address)
    return told("postfix", {unreachable_socket(address.fault())}, arguments.output);
  found->address = *address;
  const auto plan = plan_attachment(found->setup, {*address, false, false});
  if (!plan) return complain("doctor", plan.fault());
  auto findings = findings_of(*plan);
  examine_socket(*found, *socket, findings);
  return told("postfix", findings, arguments.output);
}

int doctor_sendmail(const AttachArguments& arguments, SendmailFiles files) {
  if (!files.any()) files.cf = usual_cf;
  const auto checked = check_sendmail_files(arguments, files);
  if (!checked) return complain("doctor", checked.fault());
  auto findings = findings_of(checked->finding, mc_line(checked->wish));
  try_socket(checked->wish.socket, {}, "root", findings);
  return told("sendmail", findings, arguments.output);
}

}  // namespace milterward::commands
