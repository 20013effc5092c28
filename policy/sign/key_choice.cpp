// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/key_choice.h"

#include <algorithm>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/address.h"
#include "policy/mail/login.h"

namespace milterward::sign {
namespace {

using Keys = std::vector<ChosenKey>;

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

bool is_of_login(const conf::SigningKey& row, const Submission& submission,
                 const Spelling& spelling) {
  if (row.logins.empty()) return true;
  const auto key = login_key(submission.login, spelling.realm);
  return !key.empty() && std::ranges::any_of(row.logins, [&](const std::string& login) {
    return login_key(login, spelling.realm) == key;
  });
}

/// The null sender has no address, so it is none of those a row names.
bool is_of_sender(const conf::SigningKey& row, const Submission& submission,
                  const Spelling& spelling) {
  if (row.senders.empty()) return true;
  const auto path = parse_path(submission.mail_from);
  if (!path || path->is_null() || !path->mailbox->domain) return false;
  const MailAddress address{path->mailbox->local_part, *path->mailbox->domain};
  return std::ranges::any_of(row.senders, [&](const AddressPattern& pattern) {
    return pattern.holds(address, spelling.delimiters);
  });
}

bool is_of_listener(const conf::SigningKey& row, const ListenerNames& listener) {
  if (row.listeners.empty()) return true;
  return std::ranges::any_of(row.listeners, [&](const std::string& entry) {
    return entry == listener.port || entry == listener.name;
  });
}

bool names_author(const conf::SigningKey& row, const Domain& author_domain) {
  return std::ranges::any_of(row.authors, [&](const DomainPattern& pattern) {
    return pattern.holds(author_domain);
  });
}

/// The rows that are there for this submission and of which `fits` is true.
template <class Fits>
void add_rows(Keys& keys, const KeysAtHand& at_hand, const Submission& submission,
              Fits fits) {
  for (const auto& entry : at_hand.ring->keys())
    if (is_of_login(entry.settings, submission, at_hand.spelling) &&
        is_of_sender(entry.settings, submission, at_hand.spelling) &&
        is_of_listener(entry.settings, submission.listener) && fits(entry.settings))
      keys.emplace_back(at_hand.ring, &entry);
}

bool is_among(const Keys& keys, const conf::SigningKey& one) {
  return std::ranges::any_of(keys, [&](const ChosenKey& key) {
    return key->settings.domain == one.domain &&
           equal_ignoring_case(key->settings.selector, one.selector);
  });
}

/// A top-level domain has no key on a shelf, unless it is the author's own.
bool is_asked_for(const KeysAtHand& at_hand, const Domain& domain, bool is_author) {
  if (at_hand.shelf == nullptr) return false;
  return is_author || (at_hand.shelf_signs_for_subdomains && domain.label_count() > 1);
}

}  // namespace

Result<Keys, ports::KeyFault> choose_keys(const KeysAtHand& at_hand,
                                          const Submission& submission, Deadline deadline) {
  Keys keys;
  const auto& author = submission.author_domain;
  for (Domain domain = author; !domain.empty() && keys.empty(); domain = domain.parent()) {
    const bool is_author = domain == author;
    add_rows(keys, at_hand, submission, [&](const conf::SigningKey& row) {
      return (is_author && names_author(row, author)) ||
             (row.domain == domain && !row.fallback && (is_author || row.subdomains));
    });
    if (!is_asked_for(at_hand, domain, is_author)) continue;
    const auto shelved = at_hand.shelf->keys_of(domain, deadline);
    if (!shelved) return Unexpected{shelved.fault()};
    for (const auto& entry : **shelved)
      if (!is_among(keys, entry.settings)) keys.emplace_back(*shelved, &entry);
  }
  if (keys.empty())
    add_rows(keys, at_hand, submission,
             [](const conf::SigningKey& row) { return row.fallback; });
  std::ranges::stable_sort(keys, {},
                           [](const ChosenKey& entry) { return rank_of(*entry); });
  return keys;
}

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

}  // namespace milterward::sign
