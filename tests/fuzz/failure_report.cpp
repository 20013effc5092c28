// SPDX-License-Identifier: Apache-2.0
// What strangers are shown of a stranger's header: no local part, no line that is not ours,
// none longer than SMTP has them; and a report around it that keeps to its parts.
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/base/ascii.h"
#include "policy/reports/failure_report.h"
#include "policy/reports/redaction.h"

namespace {

using namespace milterward;

void check(bool holds) {
  if (!holds) std::abort();
}

bool is_domain_octet(char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; }

/// Before each "@" stands the word for what was removed, or a domain behind another "@", or
/// nothing that could be a local part.
void check_addresses(std::string_view text) {
  constexpr std::string_view hidden = "redacted";
  for (auto at = text.find('@'); at != std::string_view::npos;
       at = text.find('@', at + 1)) {
    const auto before = text.substr(0, at);
    if (before.ends_with(hidden)) continue;
    auto begin = at;
    while (begin > 0 && is_domain_octet(text[begin - 1])) --begin;
    const bool is_behind_domain = begin > 0 && begin < at && text[begin - 1] == '@';
    const bool is_bare =
        begin == at &&
        (at == 0 || !std::isgraph(text[at - 1]) ||
         std::string_view{"<>()[],;:@"}.find(text[at - 1]) != std::string_view::npos);
    check(is_behind_domain || is_bare);
  }
}

void check_lines(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') check(i + 1 < text.size() && text[i + 1] == '\n');
    if (text[i] == '\n') check(i > 0 && text[i - 1] == '\r');
    check(text[i] == '\r' || text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
  }
  for (const auto line : split(text, '\n')) check(line.size() < 998);
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace milterward::reports;
  const std::string text{reinterpret_cast<const char*>(octets), size};
  const Redaction removed{conf::RedactAs::removed, {}};
  check_addresses(redacted_text(text, removed));
  SpfNames names;
  const auto name = names.shown(text, "asked.test");
  check(name == "asked.test" || name.find("%{") == std::string::npos);
  check(!names.have_sender() || names.shown("a", "asked.test") != "asked.test");
  const RawHeaders headers{{"From", text}, {"X-Text", text}, {"DKIM-Signature", text}};
  const auto header = shown_header(headers, {"From", "X-Text", "DKIM-Signature"}, removed);
  check(header.size() <= shown_header_limit);
  check_lines(header);

  FailureIncident incident;
  incident.source_ip = incident.reported_domain = text;
  FailedMessage message;
  message.authserv_id = message.authres = message.mail_from = text;
  message.signature = {text, text, text};
  message.spf = {{text, text}};
  message.header = header;
  const auto example = example_of(incident, message);
  check_lines(example);
  check(example.find("\r\n\r\n") + 4 + header.size() == example.size());
  const auto parts = failure_parts({"d41d8cn1p1", "mx.test", "home.test", 1, example});
  std::size_t boundaries = 0;
  for (const auto line : split(parts, '\n'))
    boundaries += line.starts_with("--=_d41d8cn1p1");
  check(boundaries == 4);
  return 0;
}
