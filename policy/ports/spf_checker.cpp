// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/spf_checker.h"

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(SpfResult result) noexcept {
  switch (result) {
    case SpfResult::none:
      return "none";
    case SpfResult::neutral:
      return "neutral";
    case SpfResult::pass:
      return "pass";
    case SpfResult::fail:
      return "fail";
    case SpfResult::softfail:
      return "softfail";
    case SpfResult::temperror:
      return "temperror";
    case SpfResult::permerror:
      return "permerror";
  }
  unreachable();
}

std::string_view to_text(SpfIdentity identity) noexcept {
  switch (identity) {
    case SpfIdentity::mail_from:
      return "mailfrom";
    case SpfIdentity::helo:
      return "helo";
  }
  unreachable();
}

}  // namespace milterward::ports
