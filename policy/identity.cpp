// SPDX-License-Identifier: Apache-2.0
#include "policy/identity.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/address.h"
#include "policy/rules/direction.h"
#include "policy/rules/identity.h"

namespace milterward {
namespace {

using rules::Claim;

Deadline directory_deadline(const Services& services) {
  return Deadline::after(*services.clock, services.config->dns.message_deadline);
}

MailAddress address_of(const AuthorMailbox& author) {
  return {author.local_part, author.domain};
}

Claim claim_of(const MailAddress& address, const std::string& login,
               const ports::Directory& directory, Deadline deadline) {
  const auto allowed = directory.may_use(login, address, deadline);
  if (!allowed) return Claim::unknown;
  return *allowed ? Claim::owned : Claim::foreign;
}

/// The null sender claims nothing: it returns mail, and RFC 5321 section 4.5.5 wants it so.
Claim claim_of_path(const std::string& mail_from, const std::string& login,
                    const ports::Directory& directory, Deadline deadline) {
  const auto path = parse_path(mail_from);
  if (!path) return Claim::unreadable;
  if (path->is_null()) return Claim::owned;
  if (!path->mailbox->domain) return Claim::unreadable;
  return claim_of({path->mailbox->local_part, *path->mailbox->domain}, login, directory,
                  deadline);
}

bool is_bound(const rules::SenderFacts& facts, const Services& services) {
  return services.directory->knows_owners() &&
         rules::identity_mode(facts, services.config->identity) != conf::IdentityMode::off;
}

/// The authors that the Sender fields name, or none when one cannot be read.
std::optional<Authors> senders_of(const RawHeaders& headers) {
  Authors senders;
  for (const auto& field : headers) {
    if (!equal_ignoring_case(trim(field.name), "Sender")) continue;
    const auto read = parse_authors(field.value);
    if (!read) return std::nullopt;
    senders.insert(senders.end(), read->begin(), read->end());
  }
  return senders;
}

/// Which of two claims decides about both.
Claim graver(Claim one, Claim other) {
  constexpr std::array order{Claim::unbound, Claim::owned, Claim::unknown,
                             Claim::unreadable, Claim::foreign};
  return std::ranges::find(order, one) > std::ranges::find(order, other) ? one : other;
}

/// What From itself says, before anybody is asked about the authors in it. A missing one
/// is made of MAIL FROM by the MTA.
Claim claim_of_from(rules::FromState from) {
  switch (from) {
    case rules::FromState::one_domain:
    case rules::FromState::several_domains:
    case rules::FromState::too_many_domains:
    case rules::FromState::no_from:
    case rules::FromState::no_author:
      return Claim::owned;
    case rules::FromState::several_from:
    case rules::FromState::malformed:
      return Claim::unreadable;
  }
  unreachable();
}

}  // namespace

void note_sender(rules::SenderFacts& facts, const Services& services) {
  if (rules::decide_direction(facts).direction == rules::Direction::inbound) return;
  const auto& directory = *services.directory;
  const auto deadline = directory_deadline(services);
  bool is_class_known = true;
  if (facts.client_is_authenticated()) {
    const auto account_class = directory.class_of(facts.login, deadline);
    is_class_known = account_class.has_value();
    if (is_class_known) facts.account_class = *account_class;
  }
  if (!is_bound(facts, services)) return;
  facts.mail_from_claim =
      is_class_known || services.config->identity.groups.empty()
          ? claim_of_path(facts.mail_from, facts.login, directory, deadline)
          : Claim::unknown;
}

void note_authors(rules::MessageFacts& facts, const Authors& authors,
                  const RawHeaders& headers, const Services& services) {
  if (facts.returned != rules::Returned::no || !is_bound(facts, services)) return;
  facts.author_claim = claim_of_from(facts.from);
  const auto deadline = directory_deadline(services);
  auto claimed = authors;
  if (const auto senders = senders_of(headers))
    claimed.insert(claimed.end(), senders->begin(), senders->end());
  else
    facts.author_claim = Claim::unreadable;
  for (const auto& author : claimed) {
    const auto address = address_of(author);
    const auto claim = claim_of(address, facts.login, *services.directory, deadline);
    if (claim == Claim::foreign && facts.claimed.empty()) facts.claimed = address.text();
    facts.author_claim = graver(facts.author_claim, claim);
  }
}

void note_our_domains(rules::MessageFacts& facts, const std::vector<Domain>& author_domains,
                      const Services& services) {
  const auto deadline = directory_deadline(services);
  for (const auto& domain : author_domains) {
    const auto ours = services.directory->is_ours(domain, deadline);
    if (!ours)
      facts.directory_is_silent = true;
    else if (*ours)
      facts.our_author_domains.push_back(domain.name());
  }
}

ports::DirectoryResult<std::vector<std::string>> entitled_domains(
    const std::string& login, const Authors& authors, const Services& services) {
  const auto& directory = *services.directory;
  const auto deadline = directory_deadline(services);
  std::vector<std::string> domains;
  std::map<std::string, bool> is_entitled;
  for (const auto& author : authors) {
    bool allowed = true;
    if (directory.knows_owners()) {
      const auto answer = directory.may_use(login, address_of(author), deadline);
      if (!answer) return Unexpected{answer.fault()};
      allowed = *answer;
    }
    const auto [entry, is_new] = is_entitled.emplace(author.domain.name(), allowed);
    if (is_new) domains.push_back(author.domain.name());
    entry->second = entry->second && allowed;
  }
  std::erase_if(domains, [&](const auto& name) { return !is_entitled[name]; });
  return domains;
}

}  // namespace milterward
