// SPDX-License-Identifier: Apache-2.0
// The daemons whose configuration is understood; one file each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/import/draft.h"
#include "conf/import/old_files.h"

namespace milterward::importing {

/// Each fills the draft from the files given, and returns what could not be read.
std::optional<Unreadable> import_opendkim(Draft& draft, const OldFiles& files,
                                          const std::vector<std::string>& paths);
std::optional<Unreadable> import_opendmarc(Draft& draft, const OldFiles& files,
                                           const std::vector<std::string>& paths);
std::optional<Unreadable> import_spf_engine(Draft& draft, const OldFiles& files,
                                            const std::vector<std::string>& paths);
std::optional<Unreadable> import_dkimpy_milter(Draft& draft, const OldFiles& files,
                                               const std::vector<std::string>& paths);
std::optional<Unreadable> import_rspamd_dkim(Draft& draft, const OldFiles& files,
                                             const std::vector<std::string>& paths);

}  // namespace milterward::importing
