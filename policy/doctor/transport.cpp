// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/transport.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/base/ascii.h"

namespace milterward::doctor {
namespace {

using ports::DnsType;

constexpr Kind sts_unanswered{"mta_sts.unanswered", Severity::unknown,
                              "Whether senders see MTA-STS is not known."};
constexpr Kind no_sts{
    "mta_sts.none", Severity::advice,
    "Without MTA-STS (RFC 8461) who sits between two servers can have mail "
    "sent in the clear."};
constexpr Kind sts_malformed{"mta_sts.malformed", Severity::fault,
                             "Senders treat a record that cannot be read as none (RFC 8461 "
                             "section 3.1)."};
constexpr Kind sts_several{"mta_sts.several_records", Severity::fault,
                           "With several records none counts (RFC 8461 section 3.1)."};
constexpr Kind no_policy_host{
    "mta_sts.no_policy_host", Severity::fault,
    "Senders fetch the policy from that host (RFC 8461 section 3.3); without it the record "
    "has no effect."};
constexpr Kind rpt_unanswered{
    "tls_rpt.unanswered", Severity::unknown,
    "Whether senders see where to report TLS failures is not known."};
constexpr Kind no_rpt{
    "tls_rpt.none", Severity::advice,
    "Without TLS-RPT (RFC 8460) nobody tells you that mail to you could not "
    "be encrypted."};
constexpr Kind rpt_malformed{
    "tls_rpt.malformed", Severity::fault,
    "Senders ignore a record that cannot be read (RFC 8460 section "
    "3): no reports come."};
constexpr Kind rpt_several{"tls_rpt.several_records", Severity::fault,
                           "With several records none counts (RFC 8460 section 3)."};

constexpr std::size_t id_limit = 32;  // RFC 8461 section 3.1

/// The value of a tag behind the version, which is `form`; none when the text is not of
/// this form:
///     form 1*( *WSP ";" *WSP name "=" value ) [ ";" ]
std::optional<std::string> value_of(std::string_view text, std::string_view form,
                                    std::string_view tag) {
  const auto parts = split(text, ';');
  if (trim(parts.front()) != form) return std::nullopt;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto part = trim(parts[i]);
    const auto equals = part.find('=');
    if (equals != std::string_view::npos && trim(part.substr(0, equals)) == tag)
      return std::string{trim(part.substr(equals + 1))};
  }
  return std::nullopt;
}

bool is_sound_sts(std::string_view text) {
  const auto id = value_of(text, "v=STSv1", "id");
  return id && !id->empty() && id->size() <= id_limit && std::ranges::all_of(*id, is_alnum);
}

bool is_sound_rpt(std::string_view text) {
  const auto uris = value_of(text, "v=TLSRPTv1", "rua");
  if (!uris || uris->empty()) return false;
  return std::ranges::all_of(split(*uris, ','), [](std::string_view uri) {
    uri = trim(uri);
    const bool is_mail = starts_with_ignoring_case(uri, "mailto:") &&
                         uri.find('@') != std::string_view::npos;
    return is_mail || (starts_with_ignoring_case(uri, "https://") && uri.size() > 8);
  });
}

struct Subject {
  std::string name;
  std::string version;
  bool (*is_sound)(std::string_view text);
  const Kind& unanswered;
  const Kind& none;
  const Kind& malformed;
  const Kind& several;
  std::string proposal;
  std::string besides;  // what else it needs
};

/// True when there is a record, sound or not.
bool examine_record(Examination& examination, const Subject& subject) {
  const auto answer = examination.look_up(subject.name, DnsType::txt);
  if (!answer) {
    examination.find_unanswered(subject.unanswered, subject.name, DnsType::txt,
                                answer.fault());
    return false;
  }
  std::vector<std::string> texts;
  std::ranges::copy_if((*answer)->texts, std::back_inserter(texts), [&](const auto& text) {
    return starts_with_ignoring_case(text, subject.version.substr(0, 4));
  });
  const std::vector<Record> proposal{{subject.name, DnsType::txt, subject.proposal}};
  if (texts.empty()) {
    examination.find(subject.none, fmt::format("there is no record at {}", subject.name),
                     proposal, subject.besides);
    return false;
  }
  if (texts.size() > 1)
    examination.find(subject.several,
                     fmt::format("{} has {} records", subject.name, texts.size()), {},
                     "leave one of them");
  else if (!subject.is_sound(texts.front()))
    examination.find(subject.malformed,
                     fmt::format("{} is \"{}\"", subject.name, quote(texts.front())),
                     proposal);
  return true;
}

void examine_policy_host(Examination& examination) {
  const auto host = "mta-sts." + examination.domain();
  for (const auto type : {DnsType::a, DnsType::aaaa}) {
    const auto answer = examination.look_up(host, type);
    if (!answer)
      return examination.find_unanswered(sts_unanswered, host, type, answer.fault());
    if (!(*answer)->addresses.empty()) return;
  }
  examination.find(
      no_policy_host, fmt::format("{} has no address", host), {},
      fmt::format("serve the policy at https://{}/.well-known/mta-sts.txt, or remove the "
                  "record at _mta-sts.{}",
                  host, examination.domain()));
}

}  // namespace

void examine_transport(Examination& examination) {
  const auto& domain = examination.domain();
  const Subject sts{
      "_mta-sts." + domain,
      "v=STSv1",
      is_sound_sts,
      sts_unanswered,
      no_sts,
      sts_malformed,
      sts_several,
      "v=STSv1; id=1",
      fmt::format("and serve a policy at https://mta-sts.{}/.well-known/mta-sts.txt",
                  domain)};
  if (examine_record(examination, sts)) examine_policy_host(examination);
  examine_record(examination,
                 {"_smtp._tls." + domain, "v=TLSRPTv1", is_sound_rpt, rpt_unanswered,
                  no_rpt, rpt_malformed, rpt_several,
                  fmt::format("v=TLSRPTv1; rua=mailto:tls-reports@{}", domain), ""});
}

}  // namespace milterward::doctor
