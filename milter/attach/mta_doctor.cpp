// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/mta_doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "policy/base/unreachable.h"

namespace milterward::attach {
namespace {

using doctor::Finding;
using doctor::Findings;
using doctor::Kind;
using doctor::Severity;

constexpr Kind not_asked{
    "mta.not_asked", Severity::fault,
    "Mail on this way is not filtered: nothing is checked, and nothing "
    "is signed."};
constexpr Kind setting{"mta.setting", Severity::fault,
                       "Mail would be filtered twice, or not as it should be."};
constexpr Kind note{"mta.note", Severity::advice,
                    "It works, and a postmaster should know it."};
constexpr Kind no_rights{"mta.no_rights", Severity::fault,
                         "The mail server cannot open the socket; mail waits (451), or "
                         "passes unfiltered where default_action says so."};
constexpr Kind chroot_hides{"mta.chroot", Severity::fault,
                            "A process in a chroot sees nothing outside of it."};
constexpr Kind no_socket{
    "mta.no_socket", Severity::fault,
    "Where the mail server looks there is no socket; mail waits (451)."};
constexpr Kind nobody_listens{"mta.nobody_listens", Severity::fault,
                              "The daemon does not run, or listens elsewhere; mail waits "
                              "(451)."};
constexpr Kind silent{
    "mta.silent", Severity::fault,
    "Something holds the socket and does not answer; mail waits until the "
    "mail server gives up."};
constexpr Kind no_filter{"mta.no_filter", Severity::fault,
                         "Another program has the socket; what it says is no milter "
                         "protocol."};
constexpr Kind not_tried{"mta.not_tried", Severity::unknown,
                         "Whether the mail server reaches us is not known."};
constexpr Kind as_ourselves{"mta.as_ourselves", Severity::unknown,
                            "Only root can try it as the mail server's user and in its "
                            "chroot; rights that it lacks would not be seen."};

std::string line_of(const Change& change) {
  if (!change.after) return fmt::format("(take {} out)", change.parameter);
  return change.service.empty() ? fmt::format("{} = {}", change.parameter, *change.after)
                                : fmt::format("-o {}={}", change.parameter, *change.after);
}

bool names_filters(const Change& change) {
  return change.parameter == "smtpd_milters" || change.parameter == "non_smtpd_milters";
}

Finding finding(const Kind& kind, std::string what, std::string cure) {
  return {&kind, std::move(what), {}, std::move(cure), {}};
}

}  // namespace

Findings findings_of(const Plan& plan) {
  Findings found;
  for (const auto& change : plan.changes) {
    const auto place = change.service.empty()
                           ? std::string{"main.cf"}
                           : fmt::format("master.cf, {}", change.service);
    auto one = finding(
        names_filters(change) ? not_asked : setting,
        fmt::format("{} in {} is {}: {}", change.parameter, place,
                    change.before ? fmt::format("\"{}\"", *change.before) : "not set",
                    change.why),
        "milterward attach postfix --yes does it, then: postfix reload");
    one.write.push_back(fmt::format("{}: {}", place, line_of(change)));
    found.push_back(std::move(one));
  }
  for (const auto& sentence : plan.notes) found.push_back(finding(note, sentence, ""));
  return found;
}

Findings findings_of(const Missing& missing) {
  Findings found;
  for (const auto& command : missing.commands) {
    auto one = finding(no_rights, command.why, "then: postfix reload");
    one.write.push_back(fmt::format("{}", fmt::join(command.words, " ")));
    found.push_back(std::move(one));
  }
  for (const auto& sentence : missing.notes)
    found.push_back(finding(no_rights, sentence, ""));
  return found;
}

Findings findings_of(const SendmailFinding& sendmail, const std::string& line) {
  Findings found;
  for (const auto& sentence : sendmail.wrong) {
    auto one = finding(not_asked, sentence,
                       "make sendmail.cf anew (sendmailconfig, or make -C /etc/mail), and "
                       "restart Sendmail");
    one.write.push_back(fmt::format("sendmail.mc: {}", line));
    found.push_back(std::move(one));
  }
  for (const auto& sentence : sendmail.notes) found.push_back(finding(note, sentence, ""));
  return found;
}

Findings findings_of(const ProbeAnswer& answer, const std::string& tried) {
  const auto what =
      fmt::format("{}{}{}", tried, answer.text.empty() ? "" : ": ", answer.text);
  switch (answer.kind) {
    case ProbeAnswer::Kind::answers:
      return {};
    case ProbeAnswer::Kind::no_socket:
      return {finding(no_socket, what,
                      "compare milter.socket with what the mail server is told; start the "
                      "daemon (systemctl start milterward)")};
    case ProbeAnswer::Kind::no_permission:
      return {finding(no_rights, what,
                      "set milter.socket_group to a group that the mail server's user is "
                      "in, with milter.socket_mode = \"0660\", and let it enter each "
                      "directory above")};
    case ProbeAnswer::Kind::nobody_listens:
      return {finding(nobody_listens, what,
                      "start it: systemctl start milterward; journalctl -u milterward says "
                      "why it ended")};
    case ProbeAnswer::Kind::silent:
      return {finding(silent, what, "restart it: systemctl restart milterward")};
    case ProbeAnswer::Kind::no_filter:
      return {finding(no_filter, what,
                      "find it by ss -lpn, and give one of both another socket")};
    case ProbeAnswer::Kind::failed:
      return {finding(not_tried, what, "try it as root")};
  }
  unreachable();
}

Finding unreachable_socket(const std::string& why) {
  return finding(chroot_hides, why, "then restart the daemon, and run this again");
}

Finding tried_as_ourselves() {
  return finding(as_ourselves, "the socket was tried as the user who ran this", "use sudo");
}

}  // namespace milterward::attach
