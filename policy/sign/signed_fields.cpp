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

Coverage coverage_of(const auth::FieldIndex& index, const ports::SigningRequest& request) {
  Coverage coverage;
  const auto usual = 2 * (request.oversigned.size() + request.signed_if_there.size());
  coverage.names.reserve(usual);
  coverage.fields.reserve(usual);
  const auto cover = [&](std::string_view name, std::size_t further) {
    if (lists_name(coverage.names, name)) return;
    const auto fields = index.named(name);
    coverage.names.insert(coverage.names.end(), fields.size() + further, to_lower(name));
    for (const auto& entry : fields) coverage.fields.push_back(entry.field);
  };
  if (!lists_name(request.oversigned, "From") &&
      !lists_name(request.signed_if_there, "From"))
    cover("From", 0);  // MUST
  for (const auto& name : request.oversigned) cover(name, 1);
  for (const auto& name : request.signed_if_there) cover(name, 0);
  return coverage;
}

std::optional<ports::SigningFault> fault_of_from(const RawHeaders& headers) {
  const auto count = fields_named(headers, "From").size();
  if (count == 0) return ports::SigningFault::no_from;
  if (count > 1) return ports::SigningFault::several_from;
  return std::nullopt;
}

}  // namespace milterward::sign
