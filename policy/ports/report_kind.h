// SPDX-License-Identifier: Apache-2.0
// The two kinds of DMARC reports, which are kept in one place and sent one way.
#pragma once

#include <string_view>

#include "policy/base/unreachable.h"

namespace milterward::ports {

enum class ReportKind {
  aggregate,  // RFC 9990
  failure,    // RFC 9991
};

constexpr std::string_view to_text(ReportKind kind) noexcept {
  switch (kind) {
    case ReportKind::aggregate:
      return "aggregate";
    case ReportKind::failure:
      return "failure";
  }
  unreachable();
}

}  // namespace milterward::ports
