// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/sender_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/auth/spf/limits.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/base/ascii.h"
#include "policy/doctor/exchanges.h"
#include "policy/doctor/spf_cure.h"
#include "policy/doctor/spf_survey.h"

namespace milterward::doctor {
namespace {

using auth::SpfMechanism;
using ports::DnsType;
using ports::SpfResult;

constexpr Kind spf_unanswered{"spf.unanswered", Severity::unknown,
                              "Whether receivers see our mail pass SPF is not known."};
constexpr Kind spf_no_record{
    "spf.no_record", Severity::fault,
    "Large receivers want SPF or DKIM of everybody, and both of those who send much; and "
    "anybody may use the domain as an envelope sender."};
constexpr Kind spf_not_a_record{"spf.not_a_record", Severity::fault,
                                "A record must begin with \"v=spf1\" and a blank (RFC 7208 "
                                "section 4.5); this one is not "
                                "read at all."};
constexpr Kind spf_several_records{
    "spf.several_records", Severity::fault,
    "With two records SPF is a permerror (RFC 7208 section 4.5): neither of them counts."};
constexpr Kind spf_syntax{"spf.syntax", Severity::fault,
                          "One term that cannot be read makes the whole record a permerror "
                          "(RFC 7208 section 4.6)."};
constexpr Kind broken_include{
    "spf.broken_include", Severity::fault,
    "A record that is included has to be there and to be sound, or SPF is a permerror for "
    "every client that gets so far (RFC 7208 sections 5.2 and 6.1)."};
constexpr Kind too_many_lookups{"spf.too_many_lookups", Severity::fault,
                                "More than 10 terms that ask DNS are a permerror (RFC 7208 "
                                "section 4.6.4); clients that "
                                "stand far behind are hit, and mail of others may pass."};
constexpr Kind too_many_voids{
    "spf.too_many_voids", Severity::fault,
    "More than 2 terms that find nothing in DNS are a permerror (RFC 7208 section 4.6.4)."};
constexpr Kind dead_terms{
    "spf.dead_terms", Severity::advice,
    "They permit nobody, cost lookups, and a third one breaks the record "
    "(RFC 7208 section 4.6.4)."};
constexpr Kind permits_everybody{
    "spf.permits_everybody", Severity::fault,
    "Anybody's mail passes SPF as the domain's own, and DMARC with it. Receivers know such "
    "records and trust the domain less than one without."};
constexpr Kind open_end{
    "spf.open_end", Severity::advice,
    "Who is not permitted gets \"neutral\", as if there were no record."};
constexpr Kind by_ptr{"spf.ptr", Severity::advice,
                      "The mechanism ptr is slow, unreliable and not to be used (RFC 7208 "
                      "section 5.5); some receivers ignore it."};
constexpr Kind large{"spf.large", Severity::advice,
                     "Answers of more than 512 octets need EDNS or TCP, which not every "
                     "resolver gets through (RFC 7208 section 3.4)."};
constexpr Kind too_large{"spf.too_large", Severity::fault,
                         "Answers of more than 1232 octets come by TCP only; where that is "
                         "filtered, SPF is a temperror (RFC 7208 section 3.4)."};
constexpr Kind not_permitted{
    "spf.not_permitted", Severity::fault,
    "Mail that leaves from this address fails SPF, or proves nothing by it."};

/// RFC 7208 section 3.4: the texts of a name that leave room for the rest of 512 octets,
/// and of 1232, which is what resolvers take by UDP today.
constexpr std::size_t comfortable_size = 450;
constexpr std::size_t largest_size = 1150;
/// Of a list, in a sentence.
constexpr std::size_t named_limit = 5;

std::string text_of(const std::string& item) { return item; }
std::string text_of(const SpfTerm& term) { return term.text(); }

template <class Item>
std::string list_of(const std::vector<Item>& items) {
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), named_limit); ++i)
    text += (text.empty() ? "" : "; ") + text_of(items[i]);
  if (items.size() > named_limit)
    text += fmt::format("; and {} more", items.size() - named_limit);
  return text;
}

class SpfExamination {
 public:
  explicit SpfExamination(Examination& examination) : examination_(examination) {}

  SpfStanding examine(const MailHosts& hosts) {
    const auto answer = examination_.look_up(examination_.domain(), DnsType::txt);
    if (!answer) {
      examination_.find_unanswered(spf_unanswered, examination_.domain(), DnsType::txt,
                                   answer.fault());
      return {};
    }
    SpfStanding standing;
    standing.is_known = true;
    judge_size((*answer)->texts);
    const auto records = spf_texts((*answer)->texts);
    if (records.empty()) {
      judge_absence((*answer)->texts, hosts);
    } else if (records.size() > 1) {
      examination_.find(spf_several_records,
                        fmt::format("there are {} SPF records", records.size()),
                        text(merged(records)), "and remove the others");
    } else {
      judge_record(records.front(), standing);
    }
    return standing;
  }

 private:
  std::vector<Record> text(std::string record) const {
    return {{examination_.domain(), DnsType::txt, std::move(record)}};
  }

  void judge_size(const std::vector<std::string>& texts) {
    std::size_t octets = 0;
    std::size_t of_spf = 0;
    for (const auto& one : texts) {
      octets += one.size() + 12;  // owner as a pointer, type, class, TTL, size
      if (auth::is_spf_record(one)) of_spf += one.size();
    }
    if (of_spf == 0 || octets <= comfortable_size) return;
    examination_.find(
        octets > largest_size ? too_large : large,
        fmt::format("the TXT records of the name are {} octets, {} of them the SPF record",
                    octets, of_spf),
        {},
        "remove TXT records that have served their purpose, write networks instead of "
        "single "
        "addresses, or move terms into records that are included");
  }

  /// There is no SPF record; something may look like one.
  void judge_absence(const std::vector<std::string>& texts, const MailHosts& hosts) {
    const auto looks_alike = [](const std::string& one) {
      const auto begin = to_lower(std::string_view{one}.substr(0, 32));
      return begin.find("spf1") != std::string::npos || begin.starts_with("v=spf");
    };
    const auto like = std::ranges::find_if(texts, looks_alike);
    if (like != texts.end()) {
      const auto word = like->find_first_of(" ;,");
      const auto rest = word == std::string::npos
                            ? std::string{}
                            : std::string{trim(std::string_view{*like}.substr(word + 1))};
      examination_.find(spf_not_a_record,
                        fmt::format("a TXT record begins \"{}\"", quote(*like)),
                        text(rest.empty() ? record_for(examination_.patient().egress)
                                          : "v=spf1 " + rest));
      return;
    }
    const bool is_silent = hosts.is_null && !sends(examination_.patient());
    examination_.find(
        spf_no_record, "there is no SPF record",
        text(is_silent ? "v=spf1 -all" : record_for(examination_.patient().egress)));
  }

  void judge_record(const std::string& record, SpfStanding& standing) {
    const auto parsed = auth::parse_spf_record(record);
    if (!parsed) {
      const auto& fault = parsed.fault();
      examination_.find(spf_syntax,
                        fmt::format("the term \"{}\" cannot be read: {}", quote(fault.term),
                                    fault.reason),
                        text(without_fault(record, fault.term)));
      return;
    }
    judge_end(record, *parsed);
    const auto survey = survey_spf(examination_, examination_.domain(), *parsed);
    judge_survey(record, survey);
    const bool is_sound = survey.broken.empty() &&
                          survey.lookups <= auth::spf_lookup_limit &&
                          survey.voids.size() <= auth::spf_void_limit;
    standing.is_known = survey.unanswered.empty();
    standing.sends_nothing = std::ranges::none_of(parsed->directives,
                                                  [](const auto& one) {
                                                    return one.qualifier == SpfResult::pass;
                                                  }) &&
                             !parsed->redirect;
    standing.every_egress_passes = judge_egress(record, is_sound, standing);
  }

  void judge_end(const std::string& record, const auth::SpfRecord& parsed) {
    if (parsed.redirect) return;
    const auto all = std::ranges::find(parsed.directives, SpfMechanism::all,
                                       &auth::SpfDirective::mechanism);
    const bool is_open = all == parsed.directives.end();
    if (!is_open && all->qualifier != SpfResult::neutral) return;
    examination_.find(open_end,
                      is_open ? "the record has no \"all\" at its end"
                              : fmt::format("the record ends with \"{}\"", all->text),
                      text(with_soft_end(record)));
  }

  void judge_survey(const std::string& record, const SpfSurvey& survey) {
    if (!survey.unanswered.empty())
      examination_.find(
          spf_unanswered,
          "DNS did not answer for what the record names: " + list_of(survey.unanswered), {},
          "ask again; a receiver would see a temperror");
    const auto mended = mended_record(record, survey);
    const auto or_by_publisher = [&](std::string_view otherwise) {
      return mended.empty() ? std::string{otherwise} : std::string{};
    };
    if (!survey.permits_all.empty())
      examination_.find(permits_everybody,
                        "every client passes by " + list_of(survey.permits_all), mended,
                        or_by_publisher("remove what includes it, or have it mended by its "
                                        "publisher"));
    if (!survey.broken.empty())
      examination_.find(broken_include, list_of(survey.broken), mended,
                        or_by_publisher("have the record mended by who publishes it"));
    if (survey.lookups > auth::spf_lookup_limit)
      examination_.find(
          too_many_lookups,
          fmt::format("the record and those it includes take {}{} lookups of {}",
                      survey.is_cut ? "at least " : "", survey.lookups,
                      auth::spf_lookup_limit),
          {},
          "remove includes that are no longer used; write ip4: and ip6: for hosts of your "
          "own "
          "instead of a, mx and include");
    if (!survey.voids.empty())
      examination_.find(
          survey.voids.size() > auth::spf_void_limit ? too_many_voids : dead_terms,
          "nothing is found by " + list_of(survey.voids), mended,
          or_by_publisher("have the record mended by who publishes it"));
    if (!survey.ptrs.empty())
      examination_.find(by_ptr, "the mechanism ptr is used: " + list_of(survey.ptrs), {},
                        "write the addresses or networks instead");
  }

  /// The record without terms of its own that are dead, broken or permit everybody; empty
  /// when it has none of them.
  std::vector<Record> mended_record(const std::string& record,
                                    const SpfSurvey& survey) const {
    std::vector<std::string> gone;
    for (const auto* terms : {&survey.permits_all, &survey.broken, &survey.voids})
      for (const auto& term : *terms)
        if (term.domain == examination_.domain()) gone.push_back(term.term);
    if (gone.empty()) return {};
    auto kept = without_terms(record, gone);
    const bool permitted = std::ranges::find(survey.permits_all, examination_.domain(),
                                             &SpfTerm::domain) != survey.permits_all.end();
    return text(permitted ? with_soft_end(kept) : std::move(kept));
  }

  /// True when there are addresses, and all of them pass. Why a record that is not sound is
  /// a permerror has been said.
  bool judge_egress(const std::string& record, bool is_sound, SpfStanding& standing) {
    const auto& egress = examination_.patient().egress;
    std::vector<std::string> missing;
    bool all_pass = is_sound && !egress.empty();
    std::string seen;
    for (const auto& address : egress) {
      const auto found = auth::NativeSpfChecker{}.check(
          {ports::SpfIdentity::mail_from, address, examination_.domain(), "postmaster",
           examination_.domain()},
          examination_.dns(), examination_.deadline());
      if (found.result == SpfResult::pass) continue;
      all_pass = false;
      if (found.result == SpfResult::permerror && !is_sound) continue;
      if (found.result == SpfResult::temperror) {
        standing.is_known = false;
        examination_.find(spf_unanswered,
                          fmt::format("{}: {}", address.text(), quote(found.reason)), {},
                          "ask again; a receiver would see a temperror");
        continue;
      }
      seen += fmt::format("{}{}: {}{}{}", seen.empty() ? "" : "; ", address.text(),
                          ports::to_text(found.result),
                          found.mechanism.empty() ? "" : " by " + quote(found.mechanism),
                          found.reason.empty() ? "" : ", " + quote(found.reason));
      missing.push_back(term_for(address));
    }
    if (!missing.empty())
      examination_.find(not_permitted, seen, text(with_terms(record, missing)));
    return all_pass;
  }

  Examination& examination_;
};

}  // namespace

SpfStanding examine_spf(Examination& examination, const MailHosts& hosts) {
  return SpfExamination{examination}.examine(hosts);
}

}  // namespace milterward::doctor
