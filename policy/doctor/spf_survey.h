// SPDX-License-Identifier: Apache-2.0
// What an SPF record may cost and permit at worst, over all records it includes: an
// evaluation ends at the first match and so shows one client's way only, while the limits
// of RFC 7208 section 4.6.4 are broken for those clients that match late or not at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/spf/record.h"
#include "policy/doctor/examination.h"

namespace milterward::doctor {

/// A term, and in whose record it stands.
struct SpfTerm {
  std::string term;  // as published
  std::string domain;
  std::string reason;  // why it is broken, "" where that goes without saying

  std::string text() const;  // fit to be quoted
};

struct SpfSurvey {
  unsigned lookups = 0;              // terms that ask DNS, for a client that none matches
  std::vector<SpfTerm> voids;        // that found nothing
  std::vector<SpfTerm> ptrs;         // of the mechanism ptr
  std::vector<SpfTerm> broken;       // that make a permerror
  std::vector<SpfTerm> permits_all;  // by which every client passes
  std::vector<std::string> unanswered;  // of which DNS did not tell
  bool is_cut = false;                  // there is more than we follow
};

/// Of the record of this domain, already read. Waits for DNS.
SpfSurvey survey_spf(Examination& examination, const std::string& domain,
                     const auth::SpfRecord& record);

/// The SPF records among the texts of a name.
std::vector<std::string> spf_texts(const std::vector<std::string>& texts);

}  // namespace milterward::doctor
