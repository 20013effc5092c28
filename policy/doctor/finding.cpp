// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/finding.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/base/unreachable.h"

namespace milterward::doctor {
namespace {

constexpr std::size_t string_limit = 255;  // of a TXT record, RFC 1035 section 3.3

std::string quoted(std::string_view text) {
  std::string out{"\""};
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (c < ' ' || c > '~')
      out += fmt::format("\\{:03}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      out += c;
  }
  return out + '"';
}

std::string strings_of(std::string_view text) {
  std::string out = quoted(text.substr(0, string_limit));
  for (std::size_t at = string_limit; at < text.size(); at += string_limit)
    out += " " + quoted(text.substr(at, string_limit));
  return out;
}

}  // namespace

std::string_view to_text(Severity severity) noexcept {
  switch (severity) {
    case Severity::fault:
      return "fault";
    case Severity::unknown:
      return "unknown";
    case Severity::advice:
      return "advice";
  }
  unreachable();
}

std::size_t count(const Findings& findings, Severity severity) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      findings,
      [&](const Finding& finding) { return finding.kind->severity == severity; }));
}

std::string zone_line(const Record& record) {
  const bool is_text = record.type == ports::DnsType::txt;
  const bool is_name =
      record.type == ports::DnsType::mx || record.type == ports::DnsType::ptr;
  return fmt::format("{}. IN {} {}{}", record.name, ports::to_text(record.type),
                     is_text ? strings_of(record.data) : record.data,
                     is_name && !record.data.ends_with('.') ? "." : "");
}

}  // namespace milterward::doctor
