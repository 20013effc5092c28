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

std::vector<std::string> names_to_sign(const auth::FieldIndex& fields,
                                       const ports::SigningRequest& request) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view name, std::size_t further) {
    names.insert(names.end(), fields.count(name) + further, to_lower(name));
  };
  if (!lists_name(request.oversigned, "From") &&
      !lists_name(request.signed_if_there, "From"))
    add("From", 0);  // RFC 6376 section 5.4: MUST
  for (const auto& name : request.oversigned) add(name, 1);
  for (const auto& name : request.signed_if_there)
    if (!lists_name(request.oversigned, name)) add(name, 0);
  return names;
}

std::optional<ports::SigningFault> fault_of_from(const RawHeaders& headers) {
  const auto count = fields_named(headers, "From").size();
  if (count == 0) return ports::SigningFault::no_from;
  if (count > 1) return ports::SigningFault::several_from;
  return std::nullopt;
}

}  // namespace milterward::sign
