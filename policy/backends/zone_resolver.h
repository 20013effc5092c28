// SPDX-License-Identifier: Apache-2.0
// A resolver that answers from a text, for trying records before they are published. One
// record a line, as `dig` and the tools that make keys print them:
//   name [TTL] [IN] TYPE data    A, AAAA, MX (preference host), NS, PTR, CNAME, TXT
//   name TIMEOUT                 every question for the name fails; SERVFAIL, BOGUS too
//   name TYPE TIMEOUT            only questions of that type
// The data of a TXT record is its quoted strings, joined, or the rest of the line when it
// does not begin with a quote. Parentheses around data may span lines. Lines that begin
// with `;` or `#` are comments, and so is what follows a `;` behind data that cannot hold
// one. Names are complete: there is no $ORIGIN, since half a zone pasted under the wrong
// one would answer questions that nobody asked.
// A name has no data when there are records of other types or names below it; all others do
// not exist.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "policy/base/result.h"
#include "policy/ports/resolver.h"

namespace milterward::backends {

struct ZoneFault {
  int line = 0;  // from 1
  std::string reason;
};

class ZoneResolver final : public ports::Resolver {
 public:
  static Result<std::shared_ptr<ZoneResolver>, ZoneFault> parse(std::string_view text);

  /// Answered at once. CNAMEs are followed. Any number of threads may ask.
  ports::Pending ask(const ports::DnsQuestion& question) override;

 private:
  using Key = std::pair<std::string, ports::DnsType>;

  std::string add(std::string_view line);
  std::string add_record(const std::string& name, ports::DnsType type,
                         std::string_view data);
  ports::DnsResult answer_to(const std::string& name, ports::DnsType type, int depth) const;
  bool exists(const std::string& name) const;

  std::map<Key, ports::DnsAnswer> answers_;
  std::map<Key, ports::DnsFault> faults_;
  std::map<std::string, ports::DnsFault, std::less<>> failing_names_;
  std::map<std::string, std::string, std::less<>> aliases_;
};

}  // namespace milterward::backends
