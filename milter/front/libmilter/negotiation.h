// SPDX-License-Identifier: Apache-2.0
// What do we ask of an MTA that offers so much? Only what is offered: Sendmail drops a
// filter that asks for more, and mail then passes unfiltered. Larger packets (SMFIP_MDS_*)
// are not asked for: neither MTA offers them, and smfi_setmaxdatasize alone lets libmilter
// take the 90 KB header fields it would otherwise end the connection for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "milter/front/answer.h"
#include "policy/base/result.h"

namespace milterward::front {

struct Offer {
  unsigned long actions = 0;  // SMFIF_*
  unsigned long steps = 0;    // SMFIP_*
};

struct Agreement {
  unsigned long actions = 0;
  unsigned long steps = 0;
  LeadingSpace leading_space = LeadingSpace::in_value;
  bool may_quarantine = true;
  bool may_redirect = true;
  bool may_name_macros = true;

  bool operator==(const Agreement&) const = default;
};

/// What to ask for, or why this MTA cannot be served.
Result<Agreement, std::string> agree_on(const Offer& offer);

/// The names in one blank-separated list, each once. libmilter sets a stage's list once.
std::string macro_list(const std::vector<std::string_view>& wishes,
                       const std::vector<std::string_view>& further = {});

}  // namespace milterward::front
