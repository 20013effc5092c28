// SPDX-License-Identifier: Apache-2.0
#include "policy/forgeries.h"

#include <algorithm>
#include <iterator>

#include "policy/auth/authres/authserv_id.h"
#include "policy/auth/authres/field.h"
#include "policy/base/ascii.h"
#include "policy/edits.h"
#include "policy/sign/trace.h"

namespace milterward {
namespace {

bool claims_any(const RawHeader& field, const std::vector<std::string>& ids) {
  return std::ranges::any_of(ids, [&](const std::string& id) {
    return auth::claims_authserv_id(field.value, id);
  });
}

/// Beyond doubt: a claim is anything some reader could take for the id, this is the id.
bool names_one_of(const RawHeader& field, const std::vector<std::string>& ids) {
  const auto parsed = auth::parse_authres(field.value);
  return parsed && std::ranges::any_of(ids, [&](const std::string& id) {
           return equal_ignoring_case(parsed->authserv_id, id);
         });
}

bool is_forged_result(const RawHeader& field, const OurFields& ours) {
  if (ours.gateway_is_client && names_one_of(field, ours.gateway_ids)) return false;
  return claims_any(field, ours.authserv_ids) || claims_any(field, ours.gateway_ids);
}

}  // namespace

std::vector<rules::HeaderEdit> removals_of_forgeries(const RawHeaders& headers,
                                                     const OurFields& ours) {
  const auto is_known = [&](const RawHeader& field) {
    return std::ranges::find(ours.known_digests, sign::field_digest(field)) !=
           ours.known_digests.end();
  };
  std::vector<rules::HeaderEdit> edits;
  const auto remove = [&](std::string_view name, const auto& is_forged) {
    std::ranges::move(removals(headers, name,
                               [&](const RawHeader& field) {
                                 return is_forged(field) && !is_known(field);
                               }),
                      std::back_inserter(edits));
  };
  remove(auth::authres_field_name,
         [&](const RawHeader& field) { return is_forged_result(field, ours); });
  remove(verdict_header_name, [](const RawHeader&) { return true; });
  remove(sign::trace_header_name, [&](const RawHeader&) { return !ours.is_returned; });
  return edits;
}

}  // namespace milterward
