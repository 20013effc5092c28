// SPDX-License-Identifier: Apache-2.0
// From the files of other daemons to milterward.toml: the daemons in turn fill one draft;
// if any of them acted on mail, ours acts too, and on nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/import/draft.h"
#include "conf/import/old_files.h"
#include "policy/base/result.h"

namespace milterward::importing {

enum class Daemon { opendkim, opendmarc, spf_engine, dkimpy_milter, rspamd_dkim };

/// As it is called on the command line.
std::string_view name_of(Daemon daemon) noexcept;
std::optional<Daemon> daemon_called(std::string_view name) noexcept;

struct Source {
  Daemon daemon;
  std::vector<std::string> files;
};

Result<Draft, Unreadable> import(const std::vector<Source>& sources, const OldFiles& files);

}  // namespace milterward::importing
