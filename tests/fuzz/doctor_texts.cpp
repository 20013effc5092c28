// SPDX-License-Identifier: Apache-2.0
// Any octets may stand in a TXT record of a domain that is examined. What is proposed
// instead of it has to be sound, and to be proposed once only.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/dmarc/record.h"
#include "policy/auth/spf/record.h"
#include "policy/base/ascii.h"
#include "policy/doctor/dmarc_lint.h"
#include "policy/doctor/finding.h"
#include "policy/doctor/spf_cure.h"

namespace {

using namespace milterward;

void try_dmarc(std::string_view text) {
  if (const auto guess = doctor::guessed_dmarc(text);
      !guess.empty() && !auth::parse_dmarc_record(guess))
    std::abort();
  if (!auth::parse_dmarc_record(text)) return;
  const auto lint = doctor::lint_dmarc(text);
  if (!auth::parse_dmarc_record(lint.mended)) std::abort();
  const auto again = doctor::lint_dmarc(lint.mended);
  if (!again.slips.empty() || !again.obsolete.empty() || again.mended != lint.mended)
    std::abort();
}

void try_spf(std::string_view text) {
  if (!auth::is_spf_record(text)) return;
  const std::vector<std::string> both{std::string{text}, "v=spf1 mx -all"};
  if (!auth::is_spf_record(doctor::merged(both))) std::abort();
  if (!auth::is_spf_record(doctor::with_soft_end(text))) std::abort();
  const auto parsed = auth::parse_spf_record(text);
  if (!parsed) {
    if (!auth::is_spf_record(doctor::without_fault(text, parsed.fault().term)))
      std::abort();
  } else if (!auth::parse_spf_record(doctor::with_terms(text, {"ip4:192.0.2.1"}))) {
    std::abort();
  }
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view all{reinterpret_cast<const char*>(octets), size};
  // Seeds are whole files of cases; each line may be a record.
  for (auto line : split(all, '\n')) {
    const auto at = line.find("TXT ");
    if (at != std::string_view::npos) line.remove_prefix(at + 4);
    try_dmarc(line);
    try_spf(line);
    const auto printed =
        doctor::zone_line({"a.test", ports::DnsType::txt, std::string{line}});
    if (printed.find_first_of("\n\r") != std::string::npos) std::abort();
  }
  return 0;
}
