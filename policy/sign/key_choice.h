// SPDX-License-Identifier: Apache-2.0
// Which keys sign a message: those of the configuration by what their rows say, and those
// that lie on the shelf, by domain.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/sign.h"
#include "policy/base/deadline.h"
#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/sign/key_ring.h"
#include "policy/sign/key_shelf.h"

namespace milterward::sign {

/// A key, and what keeps it alive.
using ChosenKey = std::shared_ptr<const RingKey>;

/// Where the mail server took a connection: its macros {daemon_port} and {daemon_name}, ""
/// for what it does not say.
struct ListenerNames {
  std::string port;
  std::string name;
};

/// Whose mail it is, and how it came, as far as that chooses keys.
struct Submission {
  Domain author_domain;   // of From
  std::string mail_from;  // without brackets; "" for the null sender
  std::string login;      // "" for none
  ListenerNames listener;
};

/// How logins and addresses are compared: directory.realm, directory.delimiters.
struct Spelling {
  std::string_view realm;
  std::string_view delimiters;
};

struct KeysAtHand {
  std::shared_ptr<const KeyRing> ring;
  KeyShelf* shelf = nullptr;  // null for none
  bool shelf_signs_for_subdomains = false;
  Spelling spelling;
};

/// The keys of the author's domain, and those of rows that name it in `authors`; with none,
/// those of the nearest parent domain that signs for its subdomains; with none, those of
/// rows that are for all that is left (`fallback`). A row that names logins, senders or
/// listeners is there for them only. RSA first, since a verifier that gives up early knows
/// RSA; then Ed25519, then keys that could not be loaded, each in the order of the
/// configuration, and the shelf behind it.
///
/// Fault: the shelf does not know whether there are keys. Blocks for it.
Result<std::vector<ChosenKey>, ports::KeyFault> choose_keys(const KeysAtHand& at_hand,
                                                            const Submission& submission,
                                                            Deadline deadline);

/// Every key of the ring that may sign for authors of the domain in the name of this domain
/// or, with none, of the nearest parent that signs for its subdomains: whatever logins,
/// senders or listeners its row names. Ordered as above.
std::vector<const RingKey*> keys_for(const KeyRing& ring, const Domain& author_domain);

}  // namespace milterward::sign
