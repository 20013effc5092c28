// SPDX-License-Identifier: Apache-2.0
// The data sets of opendkim(8), section DATA SETS, which dkimpy-milter reads too:
//     "file:" path / "refile:" path / path         lines of key [ 1*WSP value ]
//     [ "csl:" ] item *( "," item )                 item = key [ "=" value ]
// Databases, LDAP and Lua are not read: what they would answer is not known here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/import/draft.h"
#include "conf/import/old_files.h"
#include "policy/base/result.h"

namespace milterward::importing {

struct Entry {
  std::string key;
  std::string value;  // may be empty
  Origin origin;
};

struct DataSet {
  bool patterns = false;  // keys are patterns with "*", in order: refile
  bool readable = true;   // false: a database, a script
  std::vector<Entry> entries;
};

/// `said` is the line of the configuration that names the set, `base` the directory for
/// relative names.
Result<DataSet, Unreadable> read_data_set(const OldFiles& files, std::string_view text,
                                          const Origin& said, std::string_view base);

}  // namespace milterward::importing
