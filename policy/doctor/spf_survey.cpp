// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/spf_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "policy/auth/spf/limits.h"
#include "policy/base/ascii.h"

namespace milterward::doctor {
namespace {

using auth::SpfDirective;
using auth::SpfMechanism;
using auth::SpfRecord;
using ports::DnsType;

/// Far more than a record within the limits can lead to; the rest of a hostile one is not
/// asked for.
constexpr unsigned record_limit = 40;
constexpr unsigned lookup_limit = 40;

/// A name without macros; those differ from client to client and cannot be followed.
std::optional<std::string> plain_name(const auth::MacroString& text) {
  std::string name;
  for (const auto& part : text.parts) {
    if (part.letter != '\0') return std::nullopt;
    name += part.text;
  }
  name = to_lower(name);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

class Surveyor {
 public:
  explicit Surveyor(Examination& examination) : examination_(examination) {}

  /// `permits`: a match of this record is a pass of the whole check.
  void walk(const std::string& domain, const SpfRecord& record, bool permits) {
    path_.push_back(domain);
    unsigned early = 0;
    for (const auto& directive : record.directives)
      if (const auto name = target_of(directive, domain))
        if (directive.mechanism == SpfMechanism::include && early++ < record_limit)
          examination_.ask_early(*name, DnsType::txt);
    bool ends = false;
    for (const auto& directive : record.directives) {
      weigh(directive, domain, permits);
      ends = directive.mechanism == SpfMechanism::all;
      if (ends) break;
    }
    if (record.redirect && !ends) {
      ++survey_.lookups;
      if (const auto name = plain_name(record.redirect->target))
        enter(*name, record.redirect->text, domain, permits);
    }
    path_.pop_back();
  }

  SpfSurvey take() { return std::move(survey_); }

 private:
  static std::optional<std::string> target_of(const SpfDirective& directive,
                                              const std::string& domain) {
    return directive.target ? plain_name(*directive.target) : domain;
  }

  void weigh(const SpfDirective& directive, const std::string& domain, bool permits) {
    const bool passes = permits && directive.qualifier == ports::SpfResult::pass;
    if (auth::asks_dns(directive.mechanism)) {
      if (survey_.lookups == lookup_limit) {
        survey_.is_cut = true;
        return;
      }
      ++survey_.lookups;
    }
    const auto target = target_of(directive, domain);
    switch (directive.mechanism) {
      case SpfMechanism::all:
        if (passes) survey_.permits_all.push_back({directive.text, domain, ""});
        return;
      case SpfMechanism::ip4:
      case SpfMechanism::ip6:
        if (passes && directive.network.address().known() &&
            directive.network.prefix() == 0)
          survey_.permits_all.push_back({directive.text, domain, ""});
        return;
      case SpfMechanism::include:
        if (target) enter(*target, directive.text, domain, passes);
        return;
      case SpfMechanism::ptr:
        survey_.ptrs.push_back({directive.text, domain, ""});
        return;
      case SpfMechanism::a:
        if (passes && (directive.prefix4 == 0 || directive.prefix6 == 0))
          survey_.permits_all.push_back({directive.text, domain, ""});
        if (target) note_void(*target, {DnsType::a, DnsType::aaaa}, directive.text, domain);
        return;
      case SpfMechanism::mx:
        if (passes && (directive.prefix4 == 0 || directive.prefix6 == 0))
          survey_.permits_all.push_back({directive.text, domain, ""});
        if (target) look_at_exchanges(*target, directive.text, domain);
        return;
      case SpfMechanism::exists:
        // Absence is a usual answer where the name depends on the client.
        if (directive.target && target)
          note_void(*target, {DnsType::a}, directive.text, domain);
        return;
    }
  }

  /// True when there is something; silence is noted apart.
  void note_void(const std::string& name, const std::vector<DnsType>& types,
                 std::string_view term, const std::string& domain) {
    for (const auto type : types) {
      const auto answer = examination_.look_up(name, type);
      if (!answer) {
        survey_.unanswered.push_back(
            fmt::format("{} {}", ports::to_text(type), quote(name)));
        return;
      }
      if (!(*answer)->addresses.empty()) return;
    }
    survey_.voids.push_back({std::string{term}, domain, ""});
  }

  void look_at_exchanges(const std::string& name, std::string_view term,
                         const std::string& domain) {
    const auto answer = examination_.look_up(name, DnsType::mx);
    if (!answer) {
      survey_.unanswered.push_back("MX " + quote(name));
    } else if ((*answer)->exchanges.empty()) {
      survey_.voids.push_back({std::string{term}, domain, ""});
    } else if ((*answer)->exchanges.size() > auth::spf_mx_limit) {
      survey_.broken.push_back(
          {std::string{term}, domain,
           fmt::format("more than {} exchangers", auth::spf_mx_limit)});
    }
  }

  void enter(const std::string& name, std::string_view term, const std::string& domain,
             bool permits) {
    if (std::ranges::find(path_, name) != path_.end()) {
      survey_.broken.push_back({std::string{term}, domain, "leads back to itself"});
      return;
    }
    if (++records_ > record_limit) {
      survey_.is_cut = true;
      return;
    }
    const auto answer = examination_.look_up(name, DnsType::txt);
    if (!answer) {
      survey_.unanswered.push_back("TXT " + quote(name));
      return;
    }
    const auto texts = spf_texts((*answer)->texts);
    if (texts.size() != 1) {
      survey_.broken.push_back({std::string{term}, domain,
                                fmt::format("{} has {} SPF record", quote(name),
                                            texts.empty() ? "no" : "more than one")});
      return;
    }
    const auto record = auth::parse_spf_record(texts.front());
    if (!record) {
      survey_.broken.push_back({std::string{term}, domain,
                                fmt::format("{} of {}: {}", quote(record.fault().term),
                                            quote(name), record.fault().reason)});
      return;
    }
    walk(name, *record, permits);
  }

  Examination& examination_;
  SpfSurvey survey_;
  std::vector<std::string> path_;  // of records being walked
  unsigned records_ = 0;
};

}  // namespace

std::string SpfTerm::text() const {
  return fmt::format("{} of {}{}{}", quote(term), quote(domain), reason.empty() ? "" : ": ",
                     reason);
}

SpfSurvey survey_spf(Examination& examination, const std::string& domain,
                     const SpfRecord& record) {
  Surveyor surveyor{examination};
  surveyor.walk(domain, record, true);
  return surveyor.take();
}

std::vector<std::string> spf_texts(const std::vector<std::string>& texts) {
  std::vector<std::string> found;
  std::ranges::copy_if(texts, std::back_inserter(found), auth::is_spf_record);
  return found;
}

}  // namespace milterward::doctor
