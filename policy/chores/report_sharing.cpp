// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/report_sharing.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "policy/base/sink.h"

namespace milterward::chores {
namespace {

using ports::HandedRows;
using ports::OpenReport;
using ports::ReportPoint;
using ports::SharedReports;
using ports::Stored;
using std::chrono::seconds;
using Tally = ReportKeeper::Tally;

/// Among what waits for the store, if that is away.
constexpr std::size_t failures_looked_for = 10'000;

void add(Tally& sum, const Tally& other) {
  sum.made += other.made;
  sum.sent += other.sent;
  sum.waiting += other.waiting;
  sum.given_up += other.given_up;
  sum.is_cut_short = sum.is_cut_short || other.is_cut_short;
}

/// One round of one host. Faults of its own file end it; those of the shared store do not.
class SiteRound {
 public:
  SiteRound(const ReportKeeper::World& own, const ReportSharing::Site& site)
      : own_(own),
        site_(site),
        now_(std::chrono::floor<seconds>(own.clock.today().time_since_epoch())) {}

  Stored<ReportSharing::Round> make() {
    pass(ReportPoint::before_seal);
    if (const auto sealed = site_.outbox.seal(now_ - own_.grace, now_); !sealed)
      return Unexpected{sealed.fault()};
    pass(ReportPoint::after_seal);
    auto shared = site_.open();
    if (shared) {
      round_.eviction = (*shared)->eviction();
      if (const auto done = tell_returned(**shared); !done) return Unexpected{done.fault()};
      if (const auto done = hand_over(**shared); !done) return Unexpected{done.fault()};
    } else {
      store_failed(shared.fault());
    }
    if (const auto done = report_alone(); !done) return Unexpected{done.fault()};
    if (shared && round_.store_fault.empty()) report_for_all(**shared);
    return round_;
  }

 private:
  void pass(ReportPoint point) const { ports::pass(own_.at, point); }
  void store_failed(const std::string& fault) { round_.store_fault = fault; }

  /// What came back to this host may have been sent by another.
  Stored<bool> tell_returned(SharedReports& shared) {
    const auto marks = site_.outbox.returned();
    if (!marks) return Unexpected{marks.fault()};
    const auto until = now_ + std::chrono::duration_cast<seconds>(own_.settings.suppress);
    for (const auto& mark : *marks) {
      const auto destination = shared.note_returned(mark, now_, until);
      if (!destination) {
        store_failed(destination.fault());
        return true;
      }
      pass(ReportPoint::after_return_told);
      if (!destination->empty())
        log_event(Event::report_suppressed,
                  {{"to", *destination}, {"reason", "a report came back"}});
      if (const auto gone = site_.outbox.forget_returned(mark); !gone) return gone;
    }
    return true;
  }

  Stored<bool> hand_over(SharedReports& shared) {
    while (!own_.is_unwanted() && round_.store_fault.empty()) {
      const auto rows = site_.outbox.next(handed_at_once);
      if (!rows) return Unexpected{rows.fault()};
      if (!*rows) return true;
      pass(ReportPoint::before_offer);
      auto offered = site_.outbox.offer(**rows);
      if (!offered) return offered;
      if (!*offered) continue;
      pass(ReportPoint::after_offer);
      if (const auto taken = shared.take(**rows); !taken) {
        store_failed(taken.fault());
        return true;
      }
      pass(ReportPoint::after_taken);
      if (const auto gone = site_.outbox.handed_over(**rows); !gone) return gone;
      pass(ReportPoint::after_handed_over);
    }
    return true;
  }

  /// What the store was never offered in all that time; failure reports, which are never
  /// shared; and what of this host's own reports is not sent yet.
  Stored<bool> report_alone() {
    const auto since = round_.store_fault.empty() ? seconds{0} : now_ - alone_after;
    pass(ReportPoint::before_alone);
    const auto alone = site_.outbox.keep_alone(since);
    if (!alone) return Unexpected{alone.fault()};
    pass(ReportPoint::after_alone);
    if (!alone->empty())
      log_event(Event::report_alone, {{"store", site_.store},
                                      {"periods", std::to_string(alone->size())},
                                      {"reason", round_.store_fault}});
    auto ended = own_.store.ended_at(now_ - own_.grace, failures_looked_for);
    if (!ended) return Unexpected{ended.fault()};
    std::erase_if(*ended, [](const OpenReport& open) {
      return open.kind != ports::ReportKind::failure;
    });
    std::ranges::move(*alone, std::back_inserter(*ended));
    const auto tally = ReportKeeper{}.round_of(own_, std::move(*ended));
    if (!tally) return Unexpected{tally.fault()};
    add(round_.tally, *tally);
    return true;
  }

  void report_for_all(SharedReports& shared) {
    const auto leads = shared.lead();
    if (!leads) return store_failed(leads.fault());
    if (!*leads) return;
    pass(ReportPoint::after_lead);
    // To lose the lease is the end of the round and no fault: another host goes on.
    const auto is_over = [&] { return own_.is_unwanted() || !shared.leads(); };
    const auto tally = ReportKeeper{}.round(
        {own_.settings, own_.discovery, own_.patience, own_.helo, shared, own_.dns,
         own_.mail_server, own_.clock, is_over, own_.at, shared_report_grace});
    if (!tally) return store_failed(tally.fault());
    add(round_.tally, *tally);
    if (!shared.leads()) return;
    pass(ReportPoint::before_leave);
    if (const auto left = shared.leave(); !left) store_failed(left.fault());
    pass(ReportPoint::after_leave);
  }

  const ReportKeeper::World& own_;
  const ReportSharing::Site& site_;
  const seconds now_;
  ReportSharing::Round round_;
};

}  // namespace

Stored<ReportSharing::Round> ReportSharing::round(const ReportKeeper::World& own,
                                                  const Site& site) const {
  return SiteRound{own, site}.make();
}

}  // namespace milterward::chores
