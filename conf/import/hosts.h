// SPDX-License-Identifier: Apache-2.0
// Lists of hosts (InternalHosts, TrustedHosts, PeerList, IgnoreHosts, skip_addresses,
// sign_networks): addresses and networks, names, and ".name" for all below it.
// opendkim.conf(5) PeerList says what the entries mean; "!" before one takes it out again.
#pragma once

#include <string>
#include <vector>

#include "conf/import/dataset.h"
#include "conf/import/draft.h"

namespace milterward::importing {

struct Host {
  std::string text;  // as our configuration wants it
  Origin origin;
};

struct Hosts {
  std::vector<Host> networks;
  std::vector<Host> names;  // ".example.org" for all below it
  struct Odd {
    Host host;
    std::string why;
  };
  std::vector<Odd> excluded;  // with "!" before
  std::vector<Odd> never;     // that never matched anything
};

/// With patterns (refile) "*.example.org" is a name with all below it; elsewhere it is
/// none.
Hosts hosts_of(const DataSet& set);

/// Networks become items of `key`, where our loader lets them; of each name the finding is
/// `about_names`. A list that comes out empty is not begun, so that our default holds.
void translate_networks(Draft& draft, const Hosts& hosts, const std::string& key,
                        const Origin& said, const std::string& about_names);

}  // namespace milterward::importing
