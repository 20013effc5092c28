// SPDX-License-Identifier: Apache-2.0
// Up the tree: which DMARC record applies to a domain, and which domain is the top of the
// organization it belongs to? RFC 9989 section 4.10. All questions of a walk are asked at
// once, although a walk may stop early: they are eight at most, and the upper ones are in
// everybody's cache.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/settings/dmarc.h"
#include "policy/auth/dmarc/record_lookup.h"

namespace milterward::auth {

/// RFC 9989 section 4.10: queries of one walk.
inline constexpr std::size_t walk_query_limit = 8;

/// The names a walk asks for, the start first: with eight labels or more, seven labels come
/// next.
std::vector<Domain> walk_targets(const Domain& start);

struct WalkStep {
  Domain domain;
  RecordAnswer answer;
};

/// A walk from `start` to the record that stopped it (psd=y, psd=n), or to the top.
struct Walk {
  Domain start;
  std::vector<WalkStep> steps;  // from the start upwards; never empty

  /// Why it is not known what the walk would have found; "" when it is.
  std::string unknown_because() const;
  /// Some question of it found nobody who answered.
  bool timed_out() const;
};

/// The top of an organization, or why DNS did not tell it.
struct Organization {
  std::optional<Domain> domain;
  std::string unknown_because;
  bool timed_out = false;  // nobody answered
};

class Discovery {
 public:
  Discovery(ports::Resolver& dns, conf::DmarcDiscovery kind) : lookups_(dns), kind_(kind) {}

  /// Starts all questions of a walk; does not wait.
  void ask_walk(const Domain& start);
  /// With `psl`, a walk of two steps: the domain and its organizational domain.
  Walk walk(const Domain& start, Deadline deadline);

  /// Starts the questions of organization_of(), if it needs any.
  void ask_organization(const Domain& domain);
  /// RFC 9989 section 4.10.2. Waits until the deadline.
  Organization organization_of(const Domain& domain, Deadline deadline);
  /// The same for the start of a walk that is done.
  Organization organization_of(const Walk& walk) const;

  ports::Resolver& dns() const noexcept { return lookups_.dns(); }

 private:
  std::vector<Domain> targets(const Domain& start) const;

  RecordLookups lookups_;
  conf::DmarcDiscovery kind_;
};

/// The step whose record applies to mail of the walk's start: its own, else that of the
/// organizational domain, else that of the public suffix. Null: there is none. Only for
/// walks of which everything is known, or whose first step found a record. RFC 9989 section
/// 4.10.1.
const WalkStep* policy_step(const Walk& walk, const Domain& organizational_domain);

}  // namespace milterward::auth
