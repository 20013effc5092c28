// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/key_choice.h"

#include <algorithm>
#include <array>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::sign {
namespace {

// Shown by readers; absence is signed too.
constexpr std::array<std::string_view, 5> always_oversigned{"From", "To", "Cc", "Subject",
                                                            "Reply-To"};
// Oversigned when there: an MTA on the way may rightly add a missing one.
constexpr std::array<std::string_view, 6> oversigned_if_there{
    "Date",         "Message-ID",   "Sender",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};
// RFC 6376 section 5.4.1, RFC 2369, RFC 2919 and RFC 8058.
constexpr std::array<std::string_view, 10> signed_if_there{
    "In-Reply-To",  "References",           "List-Id",   "List-Unsubscribe",
    "List-Post",    "List-Subscribe",       "List-Help", "List-Owner",
    "List-Archive", "List-Unsubscribe-Post"};

bool is_there(const RawHeaders& headers, std::string_view name) {
  return !fields_named(headers, name).empty();
}

/// One qualified address on one line: nothing for Sendmail to qualify, part or refold.
bool stays_as_it_is(const RawHeader& field) {
  const auto value = trim(field.value);
  return std::ranges::count(value, '@') == 1 &&
         value.find_first_of(",;:\r\n") == std::string_view::npos;
}

bool survives(Mta mta, const RawHeaders& headers, std::string_view name) {
  switch (mta) {
    case Mta::postfix:
      return true;
    case Mta::sendmail:
    case Mta::other: {
      if (name != "To" && name != "Cc") return true;
      const auto fields = fields_named(headers, name);
      return !fields.empty() && std::ranges::all_of(fields, [](const RawHeader* field) {
        return stays_as_it_is(*field);
      });
    }
  }
  unreachable();
}

int rank_of(const RingKey& entry) {
  if (!entry.key) return 2;
  switch ((*entry.key)->algorithm()) {
    case ports::SigningAlgorithm::rsa_sha256:
      return 0;
    case ports::SigningAlgorithm::ed25519_sha256:
      return 1;
  }
  unreachable();
}

}  // namespace

std::vector<const RingKey*> keys_for(const KeyRing& ring, const Domain& author_domain) {
  std::vector<const RingKey*> keys;
  for (Domain domain = author_domain; !domain.empty() && keys.empty();
       domain = domain.parent())
    for (const auto& entry : ring.keys())
      if (entry.settings.domain == domain &&
          (domain == author_domain || entry.settings.subdomains))
        keys.push_back(&entry);
  std::ranges::stable_sort(keys, {}, [](const RingKey* entry) { return rank_of(*entry); });
  return keys;
}

NamesToSign names_to_sign(Mta mta, const RawHeaders& headers) {
  NamesToSign names;
  for (const auto name : always_oversigned)
    if (survives(mta, headers, name)) names.oversigned.emplace_back(name);
  for (const auto name : oversigned_if_there)
    if (is_there(headers, name)) names.oversigned.emplace_back(name);
  names.signed_if_there.assign(signed_if_there.begin(), signed_if_there.end());
  return names;
}

}  // namespace milterward::sign
