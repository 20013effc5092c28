// SPDX-License-Identifier: Apache-2.0
// The DNS questions of one SPF check. Each is asked once, however many terms need it, and
// may be asked before it is known to be needed; only the answer is waited for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/deadline.h"
#include "policy/ports/resolver.h"

namespace milterward::auth {

class Questions {
 public:
  Questions(ports::Resolver& dns, Deadline deadline) : dns_(dns), deadline_(deadline) {}

  /// `name` is a name as text: labels with dots between, in lower case, nothing escaped.
  void ask_early(std::string_view name, ports::DnsType type);
  /// Blocks until the answer is there or the deadline passes.
  ports::DnsResult wait_for(std::string_view name, ports::DnsType type);

  /// How many different questions DNS was asked.
  std::size_t count() const noexcept { return asked_.size(); }

 private:
  struct Asked {
    std::string name;
    ports::DnsType type;
    ports::Pending pending;
  };
  const ports::Pending& pending(std::string_view name, ports::DnsType type);

  ports::Resolver& dns_;
  Deadline deadline_;
  std::vector<Asked> asked_;  // some dozens at most, by the limits of the check
};

/// The name in presentation form (RFC 1035 section 5.1): blanks and backslashes, which
/// macros can put into a name, are escaped.
std::string presentation_form(std::string_view name);

}  // namespace milterward::auth
