// SPDX-License-Identifier: Apache-2.0
// Any text is a macro-string or a fault; what it expands to keeps its limits, whatever the
// values are.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/auth/spf/limits.h"
#include "policy/auth/spf/macro.h"
#include "policy/base/ascii.h"

namespace {

using milterward::auth::MacroString;

void try_text(std::string_view text, std::string_view value) {
  namespace auth = milterward::auth;
  const auto values = [value](char letter) { return letter + std::string{value}; };
  if (const auto macros = auth::parse_domain_spec(text)) {
    const auto name = auth::expand_domain(*macros, values);
    // Only a single label can be longer: then it is no name DNS can be asked for.
    if (name.size() > auth::spf_name_limit &&
        (auth::is_dns_name(name) ||
         name.find('.', name.size() - auth::spf_name_limit - 1) != std::string::npos))
      std::abort();
    if (!auth::parse_macro_string(text)) std::abort();
  }
  if (const auto macros = auth::parse_explain_string(text)) {
    const auto limit = auth::spf_explanation_limit;
    const auto whole = auth::expand_text(*macros, values, 10 * limit);
    if (auth::expand_text(*macros, values, limit) != whole.substr(0, limit)) std::abort();
  }
}

}  // namespace

// The name libFuzzer calls. Every line is a text, the line before it the macros' value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(octets), size};
  std::string_view value = "mail.example.org";
  for (const auto line : milterward::split(input, '\n')) {
    try_text(line, value);
    value = line;
  }
  return 0;
}
