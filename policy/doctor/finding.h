// SPDX-License-Identifier: Apache-2.0
// What is wrong with a domain, as values: a kind of fault, which is declared once beside
// the check that finds it and says why it matters, what was found in this case, and what to
// publish or do instead. The names of kinds are stable: monitoring may go by them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/ports/resolver.h"

namespace milterward::doctor {

enum class Severity {
  fault,    // mail is lost, refused or forged because of it
  unknown,  // nobody told: nothing is said against the domain
  advice,   // it works, and would work better
};
std::string_view to_text(Severity severity) noexcept;

/// A kind of finding. Lives for ever.
struct Kind {
  std::string_view name;  // "spf.no_record": the subject, a dot, the kind
  Severity severity;
  std::string_view why;  // why it matters

  std::string_view subject() const noexcept { return name.substr(0, name.find('.')); }
};

/// A record to be published, of type A, AAAA, MX, PTR or TXT.
struct Record {
  std::string name;
  ports::DnsType type = ports::DnsType::txt;
  std::string data;  // of TXT the text itself, of one piece

  bool operator==(const Record&) const = default;
};

struct Finding {
  const Kind* kind = nullptr;
  std::string what;
  std::vector<Record> publish;          // instead of what is there
  std::string cure;                     // what else to do, "" for nothing
  std::vector<std::string> write = {};  // lines for files or a shell, to be copied

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

std::size_t count(const Findings& findings, Severity severity) noexcept;

/// As zone files have it: names with their final dot, TXT in strings of 255 octets at most
/// (RFC 1035 section 3.3), on one line.
std::string zone_line(const Record& record);

}  // namespace milterward::doctor
