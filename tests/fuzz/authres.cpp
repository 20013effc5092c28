// SPDX-License-Identifier: Apache-2.0
// Any octets are an Authentication-Results field. What was read is read again from what is
// printed of it, and the id that was read is a claim to that id.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/auth/authres/authserv_id.h"
#include "policy/auth/authres/field.h"

namespace {

using milterward::auth::AuthresField;

/// Printing cuts values and replaces octets; reading those back is another field.
bool is_plain(const AuthresField& field) {
  const auto plain = [](std::string_view text) {
    return text.size() <= 480 &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  };
  return plain(field.authserv_id) &&
         std::ranges::all_of(field.methods, [&](const auto& method) {
           return plain(method.reason) &&
                  std::ranges::all_of(method.properties, [&](const auto& property) {
                    return plain(property.value);
                  });
         });
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  (void)milterward::auth::claims_authserv_id(text, "mx.home.test");
  const auto field = milterward::auth::parse_authres(text);
  if (!field) return 0;
  const auto printed = milterward::auth::print_authres(*field, {});
  if (printed.find('\0') != std::string::npos) std::abort();
  for (std::size_t at = printed.find('\n'); at != std::string::npos;
       at = printed.find('\n', at + 1))
    if (at + 1 == printed.size() || printed[at + 1] != '\t') std::abort();
  if (!is_plain(*field)) return 0;
  if (!field->authserv_id.empty() &&
      !milterward::auth::claims_authserv_id(text, field->authserv_id))
    std::abort();
  const auto again = milterward::auth::parse_authres(printed);
  if (!again || again->authserv_id != field->authserv_id) std::abort();
  return 0;
}
