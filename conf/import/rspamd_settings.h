// SPDX-License-Identifier: Apache-2.0
// Settings of rspamd's dkim_signing and arc that become no key of ours, and why.
#pragma once

#include <span>
#include <string_view>

#include "conf/import/draft.h"

namespace milterward::importing {

/// A setting, with the value that is ours anyway ("" for any).
struct RspamdSetting {
  std::string_view name;
  std::string_view ours;
  Outcome otherwise;
  std::string_view why;
};

std::span<const RspamdSetting> rspamd_settings() noexcept;

}  // namespace milterward::importing
