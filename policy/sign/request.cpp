// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/request.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "policy/base/ascii.h"

namespace milterward::sign {
namespace {

constexpr std::array<std::string_view, 6> added_on_the_way{
    "Date",         "Message-ID",   "Sender",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};

bool may_be_added(const LeavingHeader& header, std::string_view name) {
  return (header.may_gain_recipients && equal_ignoring_case(name, "To")) ||
         std::ranges::any_of(added_on_the_way, [&](std::string_view added) {
           return equal_ignoring_case(added, name);
         });
}

bool is_coverable(const RingKey& key, const LeavingHeader& header, std::string_view name) {
  if (equal_ignoring_case(name, "From")) return true;
  return !header.leaves_unforeseen(name) &&
         !(conf::has_simple_header(key.settings.forms) && header.leaves_refolded(name));
}

}  // namespace

ports::SigningRequest request_for(const RingKey& key, const LeavingHeader& header,
                                  WallTime now) {
  ports::SigningRequest request;
  request.key = key.key.value();
  request.domain = key.settings.domain;
  request.selector = key.settings.selector;
  request.forms = key.settings.forms;
  request.identity = key.settings.identity;
  request.expires_after =
      std::chrono::duration_cast<std::chrono::seconds>(key.settings.expires_after);
  request.signed_at = now;
  for (const auto& name : key.settings.oversigned)
    if (is_coverable(key, header, name) &&
        (!may_be_added(header, name) || !fields_named(header.fields, name).empty()))
      request.oversigned.push_back(name);
  for (const auto& name : key.settings.headers)
    if (is_coverable(key, header, name)) request.signed_if_there.push_back(name);
  return request;
}

}  // namespace milterward::sign
