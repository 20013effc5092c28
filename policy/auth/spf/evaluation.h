// SPDX-License-Identifier: Apache-2.0
// One SPF check: what it knows of the client and the sender, what it has asked DNS, and how
// much of its limits it has used. It finds records and tells whether a term matches; in
// which order terms are walked and what a match means is the engine's part (check_host.cpp,
// and libspf2 behind backends/spf2_checker.cpp), so that both engines read DNS alike.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/spf/macro.h"
#include "policy/auth/spf/questions.h"
#include "policy/auth/spf/record.h"
#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/ports/spf_checker.h"

namespace milterward::auth {

enum class SpfPrefetch { on, off };

/// What an engine knows besides the query.
struct SpfHost {
  std::string receiver = "unknown";         // the host that checks: %{r}
  std::shared_ptr<const Clock> clock = {};  // for %{t}; null: the system's
  SpfPrefetch prefetch = SpfPrefetch::on;
};

/// Why a check ends without a match: none, temperror or permerror, and the reason.
struct SpfStop {
  ports::SpfResult result;
  std::string reason;
};

/// The domain whose record is being walked, and how it came to that.
struct SpfScope {
  std::string domain;  // lower case, without final dot
  unsigned depth = 0;  // of includes
  std::string term;    // the include or redirect that led here; "" at first
};

using SpfRecordPtr = std::shared_ptr<const SpfRecord>;

class SpfEvaluation {
 public:
  SpfEvaluation(const ports::SpfQuery& query, const SpfHost& host, ports::Resolver& dns,
                Deadline deadline);

  /// The checked domain as A-labels, "" when malformed.
  const std::string& domain() const noexcept { return sender_domain_; }

  /// The identity's domain, or why there is nothing to check (section 4.3).
  Result<SpfScope, SpfStop> begin() const;

  /// The one SPF record of the scope's domain. `none`: there is no such domain or no such
  /// record (sections 4.3 to 4.6). Blocks for DNS; starts questions its terms will need.
  Result<SpfRecordPtr, SpfStop> fetch_record(const SpfScope& scope);

  /// Does the client match this term? Not for include. Section 5. Blocks for DNS.
  Result<bool, SpfStop> matches(const SpfDirective& directive, const SpfScope& scope);

  /// Counts an include or redirect and expands its target; nothing when the term cannot
  /// match since the sender's local part is not ASCII (RFC 8616 section 4).
  Result<std::optional<SpfScope>, SpfStop> enter(const SpfDirective& include,
                                                 const SpfScope& scope);
  Result<SpfScope, SpfStop> follow(const SpfRedirect& redirect, const SpfScope& scope);

  /// The exp= text of this record, printable ASCII; "" when there is none to be had.
  /// Section 6.2. Blocks for DNS.
  std::string fetch_explanation(const SpfRecord& record, const SpfScope& scope);

  std::vector<ports::SpfStep> take_steps() { return std::move(steps_); }
  /// Different questions asked so far, those asked early included.
  std::size_t question_count() const noexcept { return questions_.count(); }

 private:
  enum class Voids { counted, if_no_domain, ignored };
  struct Target {
    std::string name;
    bool can_be_asked = false;
  };
  struct ValidatedName {
    std::string domain;  // for which it was found
    std::string name;
  };
  using Addresses = Result<std::vector<IpAddress>, SpfStop>;

  std::string macro_value(char letter, const SpfScope& scope, std::string_view term);
  Target target_of(const std::optional<MacroString>& target, const SpfScope& scope,
                   std::string_view term);
  std::optional<SpfStop> count_lookup(const MacroString* target);
  /// Waits, writes the step down and counts a void lookup. Fault: temperror or permerror.
  Result<std::shared_ptr<const ports::DnsAnswer>, SpfStop> look_up(const SpfScope& scope,
                                                                   std::string_view term,
                                                                   std::string_view name,
                                                                   ports::DnsType type,
                                                                   Voids voids);
  void prefetch(const SpfRecord& record, const SpfScope& scope);
  bool can_prefetch(const std::optional<MacroString>& target) const;

  Result<bool, SpfStop> matches_a(const SpfDirective& a, const SpfScope& scope);
  Result<bool, SpfStop> matches_mx(const SpfDirective& mx, const SpfScope& scope);
  Result<bool, SpfStop> matches_ptr(const SpfDirective& ptr, const SpfScope& scope);
  Result<bool, SpfStop> matches_exists(const SpfDirective& exists, const SpfScope& scope);
  bool in_network(const std::vector<IpAddress>& addresses,
                  const SpfDirective& directive) const noexcept;
  /// The client's names, none when DNS fails; at most ten, not yet validated.
  Result<std::vector<std::string>, SpfStop> client_names(const SpfScope& scope,
                                                         std::string_view term,
                                                         Voids voids);
  bool is_name_of_client(const std::string& name, const SpfScope& scope,
                         std::string_view term);
  std::string find_validated_name(const SpfScope& scope, std::string_view term);
  /// %{p}, found once for each domain.
  const std::string& validated_name(const SpfScope& scope, std::string_view term);
  ports::DnsType address_type() const noexcept;

  const ports::SpfQuery& query_;
  const SpfHost& host_;
  std::string sender_local_;
  std::string sender_domain_;  // A-labels, "" when malformed
  std::string helo_;           // A-labels where it is a domain
  bool local_part_is_ascii_;
  Questions questions_;
  std::optional<ValidatedName> validated_;
  unsigned lookups_ = 0;
  unsigned voids_ = 0;
  std::vector<ports::SpfStep> steps_;
};

}  // namespace milterward::auth
