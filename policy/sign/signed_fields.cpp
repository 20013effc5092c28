// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/signed_fields.h"

#include <algorithm>

#include "policy/base/ascii.h"

namespace milterward::sign {

bool lists_name(const std::vector<std::string>& names, std::string_view name) noexcept {
  return std::ranges::any_of(
      names, [&](const std::string& listed) { return equal_ignoring_case(listed, name); });
}

RawHeaders signed_fields(const RawHeaders& headers, const ports::SigningRequest& request) {
  RawHeaders fields;
  std::ranges::copy_if(headers, std::back_inserter(fields), [&](const RawHeader& header) {
    return header.is("From") || lists_name(request.oversigned, header.name) ||
           lists_name(request.signed_if_there, header.name);
  });
  return fields;
}

std::optional<ports::SigningFault> fault_of_from(const RawHeaders& headers) {
  const auto count = fields_named(headers, "From").size();
  if (count == 0) return ports::SigningFault::no_from;
  if (count > 1) return ports::SigningFault::several_from;
  return std::nullopt;
}

}  // namespace milterward::sign
