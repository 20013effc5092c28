// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/domain_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/auth/dmarc/tree_walk.h"
#include "policy/base/ascii.h"
#include "policy/doctor/dmarc_lint.h"

namespace milterward::doctor {
namespace {

using auth::AlignmentMode;
using auth::DmarcPolicy;
using auth::DmarcRecord;
using ports::DnsType;

constexpr Kind dmarc_unanswered{
    "dmarc.unanswered", Severity::unknown,
    "What receivers find when they look for a policy is not known."};
constexpr Kind dmarc_no_record{
    "dmarc.no_record", Severity::fault,
    "Without a DMARC record anybody may write as the domain, nobody reports it, and large "
    "receivers refuse or put aside the mail of those who send much."};
constexpr Kind dmarc_not_a_record{
    "dmarc.not_a_record", Severity::fault,
    "A record must begin with the tag v=DMARC1, in capitals, and a semicolon (RFC 9989 "
    "section 4.7); this one is not read at all."};
constexpr Kind dmarc_several_records{
    "dmarc.several_records", Severity::fault,
    "With several records none of them counts (RFC 9989 section 4.10)."};
constexpr Kind dmarc_syntax{
    "dmarc.syntax", Severity::fault,
    "What cannot be read is passed over in silence (RFC 9989 section 4.7): the record does "
    "not do what it says."};
constexpr Kind obsolete{
    "dmarc.obsolete", Severity::advice,
    "These tags of RFC 7489 mean nothing any more (RFC 9989 appendix A); "
    "instead of pct=0 there is t=y."};
constexpr Kind p_none{
    "dmarc.p_none", Severity::advice,
    "With p=none receivers deliver mail that is forged in the domain's name."};
constexpr Kind is_testing{"dmarc.testing", Severity::advice,
                          "With t=y receivers apply a milder policy than the one that is "
                          "written (RFC 9989 section 4.7)."};
constexpr Kind weak_subdomains{
    "dmarc.weak_subdomains", Severity::advice,
    "Who cannot forge the domain forges a subdomain, which readers hardly tell apart."};
constexpr Kind no_reports{
    "dmarc.no_reports", Severity::advice,
    "Without rua= nobody tells you who sends in the domain's name, nor "
    "that your own mail fails."};
constexpr Kind public_suffix{
    "dmarc.psd", Severity::fault,
    "psd=y says that strangers register names below this one (RFC 9989 section 4.7): "
    "subdomains are no longer aligned with it."};
constexpr Kind unauthorised_reports{
    "dmarc.reports_unauthorised", Severity::fault,
    "Reports to an address elsewhere are sent only where that domain says it wants them "
    "(RFC "
    "9990, verifying external destinations); now none are."};
constexpr Kind unaligned_signature{"dmarc.dkim_unaligned", Severity::fault,
                                   "A signature helps DMARC only where its d= is aligned "
                                   "with the domain of From (RFC 9989 "
                                   "section 4.4.1); mail that is forwarded then fails."};
constexpr Kind own_mail_fails{"dmarc.own_mail_fails", Severity::fault,
                              "The policy asks receivers to refuse or put aside what "
                              "fails, and that is our own mail."};

/// Of external destinations; a record may name twenty of each kind.
constexpr std::size_t destination_limit = 10;

std::string record_name(const Domain& domain) { return "_dmarc." + domain.name(); }

/// The domain of a mailto: URI; none for other schemes.
std::optional<Domain> destination_of(std::string_view uri) {
  constexpr std::string_view scheme = "mailto:";
  if (!starts_with_ignoring_case(uri, scheme)) return std::nullopt;
  uri.remove_prefix(scheme.size());
  uri = uri.substr(0, uri.find('?'));
  const auto at = uri.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  auto domain = Domain::parse(uri.substr(at + 1));
  return domain ? std::optional{std::move(domain).value()} : std::nullopt;
}

bool looks_like_record(std::string_view text) {
  const auto lower = to_lower(text.substr(0, 64));
  return lower.find("dmarc") != std::string::npos ||
         (lower.find("p=") != std::string::npos && lower.find("rua=") != std::string::npos);
}

std::vector<std::string> dmarc_texts(const std::vector<std::string>& texts) {
  std::vector<std::string> found;
  std::ranges::copy_if(texts, std::back_inserter(found), [](const auto& text) {
    return auth::parse_dmarc_record(text).has_value();
  });
  return found;
}

/// The text with another value for a tag, or without it.
std::string without_tag(std::string_view text, std::string_view tag) {
  std::string out;
  for (const auto part : split(text, ';')) {
    const auto name = to_lower(trim(part.substr(0, part.find('='))));
    if (name == tag || trim(part).empty()) continue;
    out += (out.empty() ? "" : "; ") + std::string{trim(part)};
  }
  return out;
}

class DmarcExamination {
 public:
  DmarcExamination(Examination& examination, const SpfStanding& spf,
                   const DkimStanding& dkim)
      : examination_(examination),
        spf_(spf),
        dkim_(dkim),
        discovery_(examination.dns(), examination.patient().discovery) {}

  void examine() {
    const auto& domain = examination_.patient().domain;
    discovery_.ask_walk(domain);
    const auto answer = examination_.look_up(record_name(domain), DnsType::txt);
    if (!answer)
      return examination_.find_unanswered(dmarc_unanswered, record_name(domain),
                                          DnsType::txt, answer.fault());
    const auto texts = dmarc_texts((*answer)->texts);
    if (texts.size() > 1)
      return examination_.find(
          dmarc_several_records,
          fmt::format("there are {} records at {}", texts.size(), record_name(domain)),
          text(domain, lint_dmarc(texts.front()).mended), "and remove the others");
    if (texts.size() == 1) return judge_record(domain, texts.front());
    const auto like = std::ranges::find_if((*answer)->texts, looks_like_record);
    if (like != (*answer)->texts.end()) {
      auto guess = guessed_dmarc(*like);
      return examination_.find(
          dmarc_not_a_record,
          fmt::format("{} is \"{}\"", record_name(domain), quote(*like)),
          text(domain, guess.empty() ? first_record() : std::move(guess)));
    }
    look_above();
  }

 private:
  std::vector<Record> text(const Domain& domain, std::string record) const {
    return {{record_name(domain), DnsType::txt, std::move(record)}};
  }

  std::string first_record() const {
    return fmt::format("v=DMARC1; p=none; rua=mailto:dmarc@{}", examination_.domain());
  }

  /// The domain has no record of its own.
  void look_above() {
    const auto& domain = examination_.patient().domain;
    const auto walk = discovery_.walk(domain, examination_.deadline());
    const auto organization = discovery_.organization_of(walk);
    if (!organization.domain)
      return examination_.find(dmarc_unanswered,
                               "DNS did not answer: " + organization.unknown_because, {},
                               "ask again");
    const auto* step = auth::policy_step(walk, *organization.domain);
    if (step == nullptr)
      return examination_.find(dmarc_no_record,
                               fmt::format("there is no record at {}", record_name(domain)),
                               text(domain, first_record()));
    const auto answer = examination_.look_up(record_name(step->domain), DnsType::txt);
    if (!answer) return;  // the walk has just had it
    const auto texts = dmarc_texts((*answer)->texts);
    if (texts.size() == 1) judge_record(step->domain, texts.front());
  }

  void judge_record(const Domain& where, const std::string& published) {
    const auto record = auth::parse_dmarc_record(published).value();
    const auto lint = lint_dmarc(published);
    const auto list = [](const std::vector<DmarcSlip>& slips) {
      std::string all;
      for (const auto& slip : slips) all += (all.empty() ? "" : "; ") + slip.what;
      return all;
    };
    if (!lint.slips.empty())
      examination_.find(dmarc_syntax,
                        fmt::format("{}: {}", record_name(where), list(lint.slips)),
                        text(where, lint.mended));
    if (!lint.obsolete.empty())
      examination_.find(obsolete,
                        fmt::format("{} has {}", record_name(where), list(lint.obsolete)),
                        text(where, lint.mended));
    judge_policy(where, lint.mended, record);
    judge_reports(where, lint.mended, record);
    judge_alignment(where, record);
  }

  /// What applies to mail of our domain.
  DmarcPolicy policy_for_us(const Domain& where, const DmarcRecord& record) const {
    return where == examination_.patient().domain ? record.p : record.sp.value_or(record.p);
  }

  void judge_policy(const Domain& where, const std::string& published,
                    const DmarcRecord& record) {
    if (record.psd == auth::PublicSuffix::yes && where == examination_.patient().domain)
      examination_.find(public_suffix, fmt::format("{} says psd=y", record_name(where)),
                        text(where, without_tag(published, "psd")));
    if (record.policy_is_faulty) return;  // said already
    const auto policy = policy_for_us(where, record);
    if (policy == DmarcPolicy::none)
      examination_.find(
          p_none, fmt::format("{} asks for nothing to be done", record_name(where)), {},
          "read the reports until all mail of yours passes, then publish "
          "p=quarantine, and p=reject where no mailing lists are used");
    else if (record.is_testing)
      examination_.find(is_testing, fmt::format("{} says t=y", record_name(where)),
                        text(where, without_tag(published, "t")),
                        "when the reports show that all mail of yours passes");
    const auto weakest =
        std::min(record.sp.value_or(record.p), record.np.value_or(record.p));
    if (weakest < record.p)
      examination_.find(weak_subdomains,
                        fmt::format("the policy of subdomains is {}, that of the domain {}",
                                    to_text(weakest), to_text(record.p)),
                        text(where, without_tag(without_tag(published, "sp"), "np")));
  }

  void judge_reports(const Domain& where, const std::string& published,
                     const DmarcRecord& record) {
    if (record.rua.empty() && published.find("rua") == std::string::npos)
      examination_.find(
          no_reports, fmt::format("{} has no rua=", record_name(where)),
          text(where, fmt::format("{}; rua=mailto:dmarc@{}", without_tag(published, "rua"),
                                  where.name())));
    std::vector<Domain> destinations;
    for (const auto* uris : {&record.rua, &record.ruf})
      for (const auto& uri : *uris)
        if (const auto domain = destination_of(uri);
            domain && destinations.size() < destination_limit &&
            std::ranges::find(destinations, *domain) == destinations.end())
          destinations.push_back(*domain);
    for (const auto& destination : destinations) {
      examination_.ask_early(permission_name(where, destination), DnsType::txt);
      discovery_.ask_organization(destination);
    }
    for (const auto& destination : destinations) judge_destination(where, destination);
  }

  static std::string permission_name(const Domain& where, const Domain& destination) {
    return fmt::format("{}._report._dmarc.{}", where.name(), destination.name());
  }

  void judge_destination(const Domain& where, const Domain& destination) {
    if (destination == where) return;
    const auto name = permission_name(where, destination);
    const auto answer = examination_.look_up(name, DnsType::txt);
    if (answer && !dmarc_texts((*answer)->texts).empty()) return;
    const auto ours = discovery_.organization_of(where, examination_.deadline());
    const auto theirs = discovery_.organization_of(destination, examination_.deadline());
    if (ours.domain && theirs.domain && *ours.domain == *theirs.domain) return;
    if (!answer)
      return examination_.find_unanswered(dmarc_unanswered, name, DnsType::txt,
                                          answer.fault());
    if (!ours.domain || !theirs.domain)
      return examination_.find(
          dmarc_unanswered,
          "DNS did not answer: " +
              (ours.domain ? theirs.unknown_because : ours.unknown_because),
          {}, "ask again");
    examination_.find(
        unauthorised_reports,
        fmt::format(
            "reports are to go to {}, which does not say that it takes those about {}",
            destination.name(), where.name()),
        {{name, DnsType::txt, "v=DMARC1"}},
        fmt::format("the record is published by {}; or name an address of {} in rua=",
                    destination.name(), where.name()));
  }

  enum class Aligned { yes, no, unknown };

  Aligned alignment_of(const Domain& signer, const DmarcRecord& record) {
    const auto& domain = examination_.patient().domain;
    if (signer == domain) return Aligned::yes;
    if (record.adkim == AlignmentMode::strict) return Aligned::no;
    const auto ours = discovery_.organization_of(domain, examination_.deadline());
    const auto theirs = discovery_.organization_of(signer, examination_.deadline());
    if (!ours.domain || !theirs.domain) return Aligned::unknown;
    return *ours.domain == *theirs.domain ? Aligned::yes : Aligned::no;
  }

  void judge_alignment(const Domain& where, const DmarcRecord& record) {
    bool some = false;
    bool unknown = !dkim_.is_known || !spf_.is_known;
    for (const auto& signer : dkim_.signers) {
      const auto aligned = alignment_of(signer, record);
      some = some || aligned == Aligned::yes;
      unknown = unknown || aligned == Aligned::unknown;
    }
    if (some || unknown) return;
    if (!dkim_.signers.empty())
      examination_.find(
          unaligned_signature,
          fmt::format("our signatures say d={}, and {} wants {}",
                      dkim_.signers.front().name(), record_name(where),
                      record.adkim == AlignmentMode::strict ? "adkim=s: the very domain"
                                                            : "the same organization"),
          {},
          fmt::format("sign with a key of {}, or publish adkim=r", examination_.domain()));
    const bool is_enforced =
        policy_for_us(where, record) != DmarcPolicy::none && !record.is_testing;
    if (is_enforced && !examination_.patient().egress.empty() && !spf_.every_egress_passes)
      examination_.find(
          own_mail_fails,
          fmt::format("neither SPF from every address of ours nor a signature of "
                      "ours passes, and the policy is {}",
                      to_text(policy_for_us(where, record))),
          {}, "mend SPF and DKIM first; until then publish p=none");
  }

  Examination& examination_;
  const SpfStanding& spf_;
  const DkimStanding& dkim_;
  auth::Discovery discovery_;
};

}  // namespace

void examine_dmarc(Examination& examination, const SpfStanding& spf,
                   const DkimStanding& dkim) {
  DmarcExamination{examination, spf, dkim}.examine();
}

}  // namespace milterward::doctor
