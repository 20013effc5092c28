// SPDX-License-Identifier: Apache-2.0
// The place of one value in a settings struct. The type of the place chooses how the value
// is read from the file, how it is called in the manual and how its default is quoted.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "conf/settings/arc.h"
#include "conf/settings/directory.h"
#include "conf/settings/dkim.h"
#include "conf/settings/dmarc.h"
#include "conf/settings/dns.h"
#include "conf/settings/dnsbl.h"
#include "conf/settings/feedback.h"
#include "conf/settings/identity.h"
#include "conf/settings/inbound.h"
#include "conf/settings/journal.h"
#include "conf/settings/log.h"
#include "conf/settings/milter.h"
#include "conf/settings/notify.h"
#include "conf/settings/preflight.h"
#include "conf/settings/quota.h"
#include "conf/settings/relay.h"
#include "conf/settings/report.h"
#include "conf/settings/sign.h"
#include "conf/settings/spf.h"
#include "conf/settings/store.h"
#include "conf/settings/warmup.h"

namespace milterward::conf {

/// The permission bits of a file, written in octal; its C++ type alone would not say so.
struct FileMode {
  unsigned* bits;
};

using Slot =
    std::variant<std::string*, FileMode, bool*, std::size_t*, std::chrono::milliseconds*,
                 Domain*, Mode*, Action*, Quarantine*, ListKind*, FrontEngine*, Threads*,
                 Sandbox*, LockMemory*, ListenerKind*, SpfEngine*, SqlEngine*, DkimEngine*,
                 BodyLength*, DmarcDiscovery*, DmarcReject*, TreatAs*, OverrideReason*,
                 OnMissingKey*, AskAuthoritative*, SigningForms*, SealMail*, AtLimit*,
                 StoreSync*, OnOutage*, OnBurst*, OnPreflight*, LocalParts*,
                 FailureReports*, RedactAs*, Believe*, LogTarget*, LogFormat*, Level*,
                 IdentityMode*, std::vector<std::string>*, std::vector<Domain>*,
                 std::vector<DomainPattern>*, std::vector<AddressPattern>*,
                 std::vector<ReturnCodes>*, std::vector<Network>*, std::vector<DnsServer>*,
                 std::vector<QuotaLimit>*, std::vector<Event>*>;

template <class Member>
struct OwnerOf;
template <class Owner, class Value>
struct OwnerOf<Value Owner::*> {
  using type = Owner;
};
template <auto Member>
using owner_of = typename OwnerOf<decltype(Member)>::type;

/// `at<&Config::dns, &DnsSettings::timeout>` reaches a member of a member.
template <auto First, auto... Rest>
Slot at(owner_of<First>& owner) {
  return &((owner.*First).*....*Rest);
}

/// The same for permission bits.
template <auto First, auto... Rest>
Slot mode_at(owner_of<First>& owner) {
  return FileMode{&((owner.*First).*....*Rest)};
}

}  // namespace milterward::conf
