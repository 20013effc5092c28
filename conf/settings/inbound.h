// SPDX-License-Identifier: Apache-2.0
// What findings about inbound mail lead to. [inbound], [spf], [dkim], [dmarc], [authres],
// [trace]
#pragma once

#include <string>
#include <vector>

#include "policy/base/mode.h"
#include "policy/base/reply.h"
#include "policy/mail/network.h"

namespace milterward::conf {

/// What the action "quarantine" does.
enum class Quarantine {
  header,  // a header field for the delivery agent or the reader's filter
  hold,    // the MTA's own quarantine
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
  Action bad_from;    // no From, several, or one that cannot be read
  Action our_domain;  // unauthenticated, with an author in a domain of ours
};

struct AuthresSettings {
  std::string authserv_id;               // "" stands for the host name
  std::vector<std::string> also_remove;  // further ids whose incoming fields are forged
};

struct TraceSettings {
  std::string secret_file;
};

}  // namespace milterward::conf
