// SPDX-License-Identifier: Apache-2.0
// A resolver that answers from records listed in the case. One record a line:
//   name TYPE data          A, AAAA, MX (pref host), PTR, NS; TXT takes the rest of the
//   line name TIMEOUT            every question for the name times out (also SERVFAIL,
//   BOGUS) name TYPE TIMEOUT       only questions of that type (also SERVFAIL, BOGUS)
// A name with records of other types has no data; a name below which other names exist too;
// all others do not exist. CNAMEs are followed.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/ports/resolver.h"

namespace milterward::tests {

class FakeResolver final : public ports::Resolver {
 public:
  FakeResolver() = default;
  explicit FakeResolver(std::string_view zone) { add(zone); }

  /// Adds the records of `zone`; throws std::runtime_error for a line it cannot read.
  void add(std::string_view zone);

  ports::Pending ask(const ports::DnsQuestion& question) override;

  /// Every question asked so far, in order, repetitions included.
  std::vector<ports::DnsQuestion> asked() const;

 private:
  struct Entry {
    ports::DnsAnswer answer;
    bool has_fault = false;
    ports::DnsFault fault = ports::DnsFault::timed_out;
  };
  ports::DnsResult answer_to(const std::string& name, ports::DnsType type, int depth) const;
  void add_line(std::string_view line);

  std::map<std::pair<std::string, ports::DnsType>, Entry> entries_;
  std::map<std::string, ports::DnsFault> dead_names_;
  std::map<std::string, std::string> aliases_;
  mutable std::mutex mutex_;
  std::vector<ports::DnsQuestion> asked_;
};

}  // namespace milterward::tests
