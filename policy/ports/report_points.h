// SPDX-License-Identifier: Apache-2.0
// Where the making of reports may be cut off, by name: before and after each write, within
// each transaction, around each step of SMTP and around what cannot be taken back. Tests
// have the process killed at each. Whoever does the work passes the point; nobody listens
// but in tests, and passing costs a comparison then.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string_view>

namespace milterward::ports {

enum class ReportPoint {
  // rows on their way into the store
  before_rows,
  after_period_opened,
  after_row_counted,
  before_rows_commit,
  after_rows,
  // a period that is over
  after_rows_read,
  after_text_made,
  before_close,
  after_rows_taken,
  after_report_put,
  after_delivery_put,
  before_close_commit,
  after_close,
  // a report on its way to one address
  before_claim,
  before_claim_commit,
  after_claim,
  before_agreement,
  after_agreement,
  before_hand_over,
  after_connection,
  after_sender,
  after_recipients,
  after_data,
  after_text,
  after_dot,
  after_hand_over,  // the mail server has answered, and nothing says so yet
  before_settle,
  after_settle_put,
  before_settle_commit,
  after_settle,
  // addresses that get none for a while
  before_suppress,
  after_suppress,
  before_return,
  after_return_put,
  before_return_commit,
  after_return,
  // the end of what is done with
  before_forgetting,
  before_forgetting_commit,
  after_forgetting,
  // a host of a site that shares its reports
  before_seal,
  after_seal,
  after_return_told,
  before_offer,
  after_offer,
  after_taken,  // the shared store has it, and the host's own file does not say so
  after_handed_over,
  before_alone,
  after_alone,
  after_lead,
  before_leave,
  after_leave,
};

struct NamedReportPoint {
  ReportPoint point;
  std::string_view name;
  /// Whoever is cut off here may have handed over what nothing says was handed over.
  bool may_repeat = false;
  bool of_sharing = false;
};

inline constexpr auto report_points = std::to_array<NamedReportPoint>({
    {ReportPoint::before_rows, "before_rows"},
    {ReportPoint::after_period_opened, "after_period_opened"},
    {ReportPoint::after_row_counted, "after_row_counted"},
    {ReportPoint::before_rows_commit, "before_rows_commit"},
    {ReportPoint::after_rows, "after_rows"},
    {ReportPoint::after_rows_read, "after_rows_read"},
    {ReportPoint::after_text_made, "after_text_made"},
    {ReportPoint::before_close, "before_close"},
    {ReportPoint::after_rows_taken, "after_rows_taken"},
    {ReportPoint::after_report_put, "after_report_put"},
    {ReportPoint::after_delivery_put, "after_delivery_put"},
    {ReportPoint::before_close_commit, "before_close_commit"},
    {ReportPoint::after_close, "after_close"},
    {ReportPoint::before_claim, "before_claim"},
    {ReportPoint::before_claim_commit, "before_claim_commit"},
    {ReportPoint::after_claim, "after_claim"},
    {ReportPoint::before_agreement, "before_agreement"},
    {ReportPoint::after_agreement, "after_agreement"},
    {ReportPoint::before_hand_over, "before_hand_over"},
    {ReportPoint::after_connection, "after_connection"},
    {ReportPoint::after_sender, "after_sender"},
    {ReportPoint::after_recipients, "after_recipients"},
    {ReportPoint::after_data, "after_data"},
    {ReportPoint::after_text, "after_text"},
    {ReportPoint::after_dot, "after_dot", true},
    {ReportPoint::after_hand_over, "after_hand_over", true},
    {ReportPoint::before_settle, "before_settle", true},
    {ReportPoint::after_settle_put, "after_settle_put", true},
    {ReportPoint::before_settle_commit, "before_settle_commit", true},
    {ReportPoint::after_settle, "after_settle"},
    {ReportPoint::before_suppress, "before_suppress"},
    {ReportPoint::after_suppress, "after_suppress"},
    {ReportPoint::before_return, "before_return"},
    {ReportPoint::after_return_put, "after_return_put"},
    {ReportPoint::before_return_commit, "before_return_commit"},
    {ReportPoint::after_return, "after_return"},
    {ReportPoint::before_forgetting, "before_forgetting"},
    {ReportPoint::before_forgetting_commit, "before_forgetting_commit"},
    {ReportPoint::after_forgetting, "after_forgetting"},
    {ReportPoint::before_seal, "before_seal", false, true},
    {ReportPoint::after_seal, "after_seal", false, true},
    {ReportPoint::after_return_told, "after_return_told", false, true},
    {ReportPoint::before_offer, "before_offer", false, true},
    {ReportPoint::after_offer, "after_offer", false, true},
    {ReportPoint::after_taken, "after_taken", false, true},
    {ReportPoint::after_handed_over, "after_handed_over", false, true},
    {ReportPoint::before_alone, "before_alone", false, true},
    {ReportPoint::after_alone, "after_alone", false, true},
    {ReportPoint::after_lead, "after_lead", false, true},
    {ReportPoint::before_leave, "before_leave", false, true},
    {ReportPoint::after_leave, "after_leave", false, true},
});
static_assert(report_points.size() ==
              static_cast<std::size_t>(ReportPoint::after_leave) + 1);

/// Called at each point; null but in tests.
using AtReportPoint = std::function<void(ReportPoint)>;

inline void pass(const AtReportPoint& at, ReportPoint point) {
  if (at) at(point);
}

}  // namespace milterward::ports
