// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/feedback_report.h"

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(FeedbackKind kind) noexcept {
  switch (kind) {
    case FeedbackKind::aggregate:
      return "dmarc";
    case FeedbackKind::tls:
      return "tls";
  }
  unreachable();
}

std::string_view to_text(Disposition disposition) noexcept {
  switch (disposition) {
    case Disposition::none:
      return "none";
    case Disposition::quarantine:
      return "quarantine";
    case Disposition::reject:
      return "reject";
  }
  unreachable();
}

std::uint64_t AggregateReport::messages() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& row : rows) sum += row.count;
  return sum;
}

}  // namespace milterward::ports
