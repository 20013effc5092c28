// SPDX-License-Identifier: Apache-2.0
// Does the whole of DNS show a key: the resolver, and beside it each name server of the
// zone, asked directly? A resolver asks one server and keeps its answer; the receivers'
// resolvers ask others, and a secondary that still has the old zone would have them refuse
// our mail. The resolver has to show the key in any case: it validates (DNSSEC) and sees
// what receivers see, while what servers say directly can only keep a key waiting.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/sign.h"
#include "policy/mail/domain.h"
#include "policy/ports/dkim.h"
#include "policy/ports/name_servers.h"
#include "policy/ports/resolver.h"
#include "policy/sign/key_shown.h"

namespace milterward::sign {

/// What one address of a server says.
struct ServerView {
  std::string server;   // its name
  std::string address;  // "" when none is known
  Shown shown = Shown::unanswered;
  std::string trouble;  // why it is unanswered; else ""

  /// For people: "ns.example.org (192.0.2.1)", "silent".
  std::string place() const;
  std::string says() const;

  bool operator==(const ServerView&) const = default;
};

/// What silent servers mean: a key that is to sign needs the consent of as many as the rule
/// says, while one that signs is not in doubt because some cannot be heard.
enum class Silence { counts, passes };

/// What the views of one zone's servers come to: `yes`, `partly` when one shows something
/// else, `unanswered` when too few say anything and that counts. A server has answered when
/// one of its addresses has. `off` asks for nothing.
Shown judged(const std::vector<ServerView>& views, conf::AskAuthoritative rule,
             Silence silence);

struct KeyView {
  Shown shown = Shown::unanswered;     // all in all
  std::vector<ServerView> servers;     // none unless they were asked
  Shown resolver = Shown::unanswered;  // what the resolver shows
};

/// Neither the resolver nor any server that answers shows the key, or two records of which
/// it may be one; unanswered by the resolver is not known.
bool is_gone(const KeyView& view);

/// Whom to ask, and how many of them must agree.
struct Askers {
  ports::Resolver& dns;
  ports::NameServers* servers;  // null: as if the rule were off
  conf::AskAuthoritative rule;
  Silence silence = Silence::counts;
};

/// Waits for DNS until the deadline. Where the record's name stands for another (CNAME), as
/// with keys that a provider keeps, the servers of each name on the way are asked.
KeyView look_up_everywhere(const Askers& askers, std::string_view selector,
                           const Domain& domain, const ports::PrivateKey& key,
                           Deadline deadline);

}  // namespace milterward::sign
