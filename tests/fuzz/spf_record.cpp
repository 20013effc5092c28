// SPDX-License-Identifier: Apache-2.0
// Any text is an SPF record or a fault with its term; what was read reads the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/auth/spf/limits.h"
#include "policy/auth/spf/record.h"
#include "policy/base/ascii.h"

namespace {

using milterward::auth::SpfMechanism;

void try_record(std::string_view text) {
  if (!milterward::auth::is_spf_record(text)) return;
  const auto record = milterward::auth::parse_spf_record(text);
  if (!record) {
    if (record.fault().term.empty() || record.fault().reason.empty() ||
        record.fault().term.size() > milterward::auth::spf_reason_limit)
      std::abort();
    return;
  }
  std::string again = "v=spf1";
  bool has_all = false;
  for (const auto& directive : record->directives) {
    again += " " + directive.text;
    has_all = has_all || directive.mechanism == SpfMechanism::all;
    if (directive.prefix4 > 32 || directive.prefix6 > 128) std::abort();
  }
  if (record->redirect) {
    if (has_all) std::abort();
    again += " " + record->redirect->text;
  }
  const auto reread = milterward::auth::parse_spf_record(again);
  if (!reread || reread->directives != record->directives ||
      reread->redirect != record->redirect)
    std::abort();
}

}  // namespace

// The name libFuzzer calls. Seeds are case files: a record begins anywhere in a line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  for (const auto line : milterward::split(text, '\n')) {
    const auto begin = line.find("v=spf1");
    if (begin != std::string_view::npos) try_record(line.substr(begin));
  }
  try_record("v=spf1 " + std::string{text});
  return 0;
}
