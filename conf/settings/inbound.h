// SPDX-License-Identifier: Apache-2.0
// What findings about inbound mail lead to. [inbound], [spf], [dkim], [dmarc], [iprev],
// [exempt], [authres], [trace]
#pragma once

#include <string>
#include <vector>

#include "conf/settings/dmarc.h"
#include "conf/settings/dnsbl.h"
#include "policy/base/mode.h"
#include "policy/base/reply.h"
#include "policy/mail/network.h"

namespace milterward::conf {

/// What the action "quarantine" does.
enum class Quarantine {
  header,  // a header field for the delivery agent or the reader's filter
  hold,    // the MTA's own quarantine
};

/// What is wrong with From.
struct FromActions {
  Action missing, several, malformed;
  Action several_domains;   // up to as many as DMARC is evaluated for
  Action too_many_domains;  // more
  Action no_author;         // a group without members
  Action irregular;         // breaks the grammar, though its domains are clear
};

struct SpfActions {
  Action none, neutral, softfail, fail, temperror, permerror;
};

struct DkimActions {
  Action none, fail, policy, neutral, temperror, permerror;
};

struct DmarcActions {
  Action none;        // failed, published policy none
  Action quarantine;  // failed, published policy quarantine
  Action reject;      // failed, published policy reject
  Action temperror, permerror;
};

struct IprevActions {
  Action fail, permerror, temperror;
};

/// What is wrong with the name in HELO.
struct HeloActions {
  Action ours, bare_address, other_address, not_qualified;
};

/// Whom policy for inbound mail leaves alone. Results are recorded all the same.
struct Exemptions {
  std::vector<Network> networks;
  std::vector<DomainPattern> hosts;     // names that lead back to the client
  std::vector<std::string> recipients;  // local parts, and addresses
};

struct InboundSettings {
  Mode mode;
  Quarantine quarantine;
  std::string subject_tag;
  std::string redirect_to;          // a mailbox; "" for none, then no action redirects
  SpfActions spf;                   // MAIL FROM identity
  SpfActions helo;                  // HELO identity
  std::vector<Network> spf_exempt;  // clients whose SPF findings lead to nothing
  DkimActions dkim;
  DmarcActions dmarc;
  DmarcReject dmarc_reject;
  std::vector<DmarcOverride> dmarc_overrides;  // the first that fits counts
  IprevActions iprev;
  DnsblSettings dnsbl;
  HeloActions helo_name;
  FromActions from;
  Exemptions exempt;
  Action our_domain;  // unauthenticated, with an author in a domain of ours
};

struct AuthresSettings {
  std::string authserv_id;               // "" stands for the host name
  std::vector<std::string> also_remove;  // further ids whose incoming fields are forged
  std::vector<std::string> keep_from_upstream;  // forged too, but from relay.upstream
  bool comments;
  bool show_login;  // auth=pass smtp.auth=LOGIN
};

struct TraceSettings {
  std::string secret_file;
};

}  // namespace milterward::conf
