// SPDX-License-Identifier: Apache-2.0
// The DMARC records of one message's domains, each asked for once: the walks that DMARC
// takes through the tree share most of their way. RFC 9989 section 4.10, steps 2 and 6.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "policy/auth/dmarc/record.h"
#include "policy/base/deadline.h"
#include "policy/mail/domain.h"
#include "policy/ports/resolver.h"

namespace milterward::auth {

/// What DNS said of _dmarc.<domain>.
struct RecordAnswer {
  enum class State {
    found,    // one record
    none,     // none, or several, which are all discarded
    unknown,  // DNS did not say
  };
  State state = State::none;
  std::optional<DmarcRecord> record;  // when found
  std::string reason;                 // when unknown, or several were there
  bool timed_out = false;             // unknown, since nobody answered

  bool operator==(const RecordAnswer&) const = default;
};

class RecordLookups {
 public:
  /// `dns` must outlive this.
  explicit RecordLookups(ports::Resolver& dns) : dns_(&dns) {}

  /// Starts the question; does not wait.
  void ask(const Domain& domain);
  /// The answer; waits for it until the deadline.
  RecordAnswer wait(const Domain& domain, Deadline deadline);
  ports::Resolver& dns() const noexcept { return *dns_; }

 private:
  ports::Resolver* dns_;
  std::map<Domain, ports::Pending> asked_;
};

}  // namespace milterward::auth
