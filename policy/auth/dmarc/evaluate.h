// SPDX-License-Identifier: Apache-2.0
// Does DMARC vouch for the author domain, and what does its owner ask for when not? RFC
// 9989 sections 4.10 and 5.3. One rule stands above all: a DNS error that hides what could
// have made a pass makes temperror, never fail (section 5.3.6), so that no refusal rests on
// a check that did not finish.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/dmarc.h"
#include "policy/auth/dmarc/record.h"
#include "policy/auth/dmarc/tree_walk.h"
#include "policy/base/deadline.h"
#include "policy/mail/domain.h"
#include "policy/ports/dkim.h"
#include "policy/ports/resolver.h"
#include "policy/ports/spf_checker.h"

namespace milterward::auth {

/// RFC 9989 section 9.2, the words of Authentication-Results.
enum class DmarcResult { none, pass, fail, temperror, permerror };
std::string_view to_text(DmarcResult result) noexcept;

/// Which tag of the record the policy was taken from.
enum class PolicyTag { p, sp, np };
std::string_view to_text(PolicyTag tag) noexcept;

struct DmarcFinding {
  DmarcResult result = DmarcResult::none;
  Domain author_domain;
  Domain policy_domain;          // where the record was found; empty: none was
  Domain organizational_domain;  // of the author domain; empty: not known
  PolicyTag tag = PolicyTag::p;
  DmarcPolicy published = DmarcPolicy::none;  // what that tag says
  DmarcPolicy policy = DmarcPolicy::none;     // to apply to a fail: t=y considered
  bool spf_is_aligned = false;                // and passed
  bool dkim_is_aligned = false;
  Domain aligned_domain;  // the identifier that made the pass; empty without one
  std::string reason;     // short text: why this result
  std::optional<DmarcRecord> record;  // the one that applies

  bool operator==(const DmarcFinding&) const = default;
};

/// The check of one author domain of one message. Made when From is known: all questions
/// about the author domain are asked then. Finished when SPF and DKIM have spoken.
class DmarcCheck {
 public:
  /// Does not wait. `dns` must outlive this.
  DmarcCheck(Domain author_domain, ports::Resolver& dns,
             conf::DmarcDiscovery discovery = conf::DmarcDiscovery::treewalk);

  /// `mail_from` is the SPF finding for the MAIL FROM identity: HELO does not count, except
  /// where RFC 7208 section 2.4 makes it the MAIL FROM of the null sender. Waits for DNS
  /// until the deadline.
  DmarcFinding finish(const ports::SpfFinding& mail_from,
                      const std::vector<ports::DkimFinding>& dkim, Deadline deadline);

 private:
  enum class Alignment { aligned, unaligned, undecided };
  struct Candidate;

  void find_policy(const Walk& walk);
  std::vector<Candidate> candidates(const ports::SpfFinding& mail_from,
                                    const std::vector<ports::DkimFinding>& dkim) const;
  bool may_align(const Candidate& candidate) const;
  Alignment alignment_of(const Candidate& candidate, Deadline deadline);
  void judge(const std::vector<Candidate>& candidates, Deadline deadline);
  void choose_policy(Deadline deadline);

  Discovery discovery_;
  DmarcFinding finding_;
  std::string alignment_gap_;  // why an organizational domain is not known
};

/// Author domains of one message that are worth an evaluation each. RFC 9989 section 11.5.
inline constexpr std::size_t author_domain_limit = 4;

/// The finding for an author domain past that limit: permerror, without a question. Without
/// it, four domains of the sender's own would vouch for a fifth.
DmarcFinding unexamined(Domain author_domain);

/// Of several author domains, the one that decides: the strictest policy among those that
/// fail, else one in error, else one without record, and a pass only where all pass (RFC
/// 9989 section 11.5). Null for none.
const DmarcFinding* strictest(const std::vector<DmarcFinding>& findings);

}  // namespace milterward::auth
