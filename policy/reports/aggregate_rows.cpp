// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/aggregate_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/utf8.h"

namespace milterward::reports {
namespace {

using auth::AlignmentMode;
using auth::DmarcPolicy;
using ports::DkimResult;
using ports::SpfResult;

constexpr std::array dispositions{Disposition::none, Disposition::pass,
                                  Disposition::quarantine, Disposition::reject};
constexpr std::array policies{DmarcPolicy::none, DmarcPolicy::quarantine,
                              DmarcPolicy::reject};
constexpr std::array dkim_results{
    DkimResult::none,    DkimResult::pass,      DkimResult::fail,     DkimResult::policy,
    DkimResult::neutral, DkimResult::temperror, DkimResult::permerror};
constexpr std::array spf_results{
    SpfResult::none,     SpfResult::neutral,   SpfResult::pass,     SpfResult::fail,
    SpfResult::softfail, SpfResult::temperror, SpfResult::permerror};
constexpr std::array override_reasons{
    conf::OverrideReason::local_policy, conf::OverrideReason::mailing_list,
    conf::OverrideReason::trusted_forwarder, conf::OverrideReason::policy_test_mode,
    conf::OverrideReason::other};

/// The enumerator with this text, or none.
template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<Enum, N>& all, std::string_view text) {
  for (const auto one : all)
    if (to_text(one) == text) return one;
  return std::nullopt;
}

std::optional<bool> flag_of(std::string_view text, std::string_view yes,
                            std::string_view no) {
  if (text == yes) return true;
  if (text == no) return false;
  return std::nullopt;
}

std::string_view to_text(AlignmentMode mode) noexcept {
  return mode == AlignmentMode::strict ? "s" : "r";
}

std::optional<AlignmentMode> alignment_of(std::string_view text) {
  const auto is_strict = flag_of(text, "s", "r");
  if (!is_strict) return std::nullopt;
  return *is_strict ? AlignmentMode::strict : AlignmentMode::relaxed;
}

/// "0", "1:d"
std::string options_of(const auth::FailureOptions& fo) {
  std::string text;
  const auto add = [&](bool is_set, char option) {
    if (is_set) (text.empty() ? text : text += ':') += option;
  };
  add(fo.if_all_fail, '0');
  add(fo.if_any_fails, '1');
  add(fo.if_dkim_fails, 'd');
  add(fo.if_spf_fails, 's');
  return text;
}

/// A smaller one is better to name.
int rank_of(const SignatureResult& signature, const Domain& author_domain,
            const Domain& organization) {
  if (signature.result != DkimResult::pass) return 3;
  const auto domain = Domain::parse(signature.domain);
  if (domain && *domain == author_domain) return 0;
  if (domain && !organization.empty() && domain->is_within(organization)) return 1;
  return 2;
}

/// Line for line into the row; false for a line that is none.
bool take_line(AggregateRow& row, const std::vector<std::string_view>& words) {
  const auto is = [&](std::string_view name, std::size_t values) {
    return words.front() == name && words.size() == values + 1;
  };
  if (is("reason", 2)) {
    const auto type = named(override_reasons, words[1]);
    if (!type || row.reason) return false;
    row.reason = OverrideNote{*type, std::string{words[2]}};
    return true;
  }
  if (is("dkim", 3)) {
    const auto result = named(dkim_results, words[3]);
    if (!result || row.dkim.size() == signature_limit) return false;
    row.dkim.push_back({std::string{words[1]}, std::string{words[2]}, *result});
    return true;
  }
  if (is("spf", 2)) {
    const auto result = named(spf_results, words[2]);
    if (!result || row.spf) return false;
    row.spf = SpfOutcome{std::string{words[1]}, *result};
    return true;
  }
  return false;
}

}  // namespace

std::string_view to_text(Disposition disposition) noexcept {
  switch (disposition) {
    case Disposition::none:
      return "none";
    case Disposition::pass:
      return "pass";
    case Disposition::quarantine:
      return "quarantine";
    case Disposition::reject:
      return "reject";
  }
  unreachable();
}

PublishedPolicy published_policy(const std::string& domain, const auth::DmarcRecord& record,
                                 conf::DmarcDiscovery discovery) {
  const auto sp = record.sp.value_or(record.p);
  return {domain,
          record.p,
          sp,
          record.np.value_or(sp),
          record.adkim,
          record.aspf,
          options_of(record.fo),
          record.is_testing,
          discovery,
          record.policy_is_faulty};
}

std::vector<SignatureResult> signatures_of(std::vector<SignatureResult> found,
                                           const Domain& author_domain,
                                           const Domain& organization) {
  std::erase_if(found, [](const SignatureResult& signature) {  // the schema wants both
    return signature.domain.empty() || signature.selector.empty();
  });
  std::ranges::stable_sort(found, {}, [&](const SignatureResult& signature) {
    return rank_of(signature, author_domain, organization);
  });
  if (found.size() > signature_limit) found.resize(signature_limit);
  for (auto& signature : found) {
    signature.domain = as_value(signature.domain);
    signature.selector = as_value(signature.selector);
  }
  return found;
}

std::string as_value(std::string_view text, std::size_t limit) {
  // U+FFFE and U+FFFF are UTF-8, and in no XML document (XML 1.0 section 2.2).
  const bool is_in_xml = text.find("\xef\xbf\xbe") == std::string_view::npos &&
                         text.find("\xef\xbf\xbf") == std::string_view::npos;
  // What is cut, or is no UTF-8, is left to ASCII: half a character is none.
  if (text.size() > limit || !is_in_xml || !is_valid_utf8(text))
    return printable(text, limit);
  std::string value{text};
  std::ranges::replace_if(
      value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return value;
}

std::string to_text(const AggregateRow& row) {
  auto text =
      fmt::format("row\t{}\t{}\t{}\t{}\t{}\t{}", row.source_ip, to_text(row.disposition),
                  row.dkim_is_aligned ? "pass" : "fail",
                  row.spf_is_aligned ? "pass" : "fail", row.header_from, row.envelope_from);
  if (row.reason)
    text += fmt::format("\nreason\t{}\t{}", to_text(row.reason->type), row.reason->comment);
  for (const auto& signature : row.dkim)
    text += fmt::format("\ndkim\t{}\t{}\t{}", signature.domain, signature.selector,
                        to_text(signature.result));
  if (row.spf)
    text += fmt::format("\nspf\t{}\t{}", row.spf->domain, to_text(row.spf->result));
  return text;
}

std::string to_text(const PublishedPolicy& policy) {
  return fmt::format("policy\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}{}", policy.domain,
                     to_text(policy.p), to_text(policy.sp), to_text(policy.np),
                     to_text(policy.adkim), to_text(policy.aspf), policy.fo,
                     policy.is_testing ? "y" : "n",
                     policy.discovery == conf::DmarcDiscovery::psl ? "psl" : "treewalk",
                     policy.is_faulty ? "\tfaulty" : "");
}

std::optional<AggregateRow> parse_row(std::string_view text) {
  const auto lines = split(text, '\n');
  const auto words = split(lines.front(), '\t');
  if (words.size() != 7 || words[0] != "row") return std::nullopt;
  const auto disposition = named(dispositions, words[2]);
  const auto dkim = flag_of(words[3], "pass", "fail");
  const auto spf = flag_of(words[4], "pass", "fail");
  if (!disposition || !dkim || !spf) return std::nullopt;
  AggregateRow row;
  row.source_ip = words[1];
  row.disposition = *disposition;
  row.dkim_is_aligned = *dkim;
  row.spf_is_aligned = *spf;
  row.header_from = words[5];
  row.envelope_from = words[6];
  for (auto line = lines.begin() + 1; line != lines.end(); ++line)
    if (!take_line(row, split(*line, '\t'))) return std::nullopt;
  return row;
}

std::optional<PublishedPolicy> parse_policy(std::string_view text) {
  const auto words = split(text, '\t');
  if (words.size() < 10 || words.size() > 11 || words[0] != "policy") return std::nullopt;
  if (words.size() == 11 && words[10] != "faulty") return std::nullopt;
  const auto p = named(policies, words[2]);
  const auto sp = named(policies, words[3]);
  const auto np = named(policies, words[4]);
  const auto adkim = alignment_of(words[5]);
  const auto aspf = alignment_of(words[6]);
  const auto is_testing = flag_of(words[8], "y", "n");
  const auto is_psl = flag_of(words[9], "psl", "treewalk");
  if (!p || !sp || !np || !adkim || !aspf || !is_testing || !is_psl) return std::nullopt;
  return PublishedPolicy{
      std::string{words[1]},
      *p,
      *sp,
      *np,
      *adkim,
      *aspf,
      std::string{words[7]},
      *is_testing,
      *is_psl ? conf::DmarcDiscovery::psl : conf::DmarcDiscovery::treewalk,
      words.size() == 11};
}

}  // namespace milterward::reports
