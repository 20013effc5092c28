// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/report_attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/chores/report_closing.h"
#include "policy/chores/report_recipients.h"
#include "policy/reports/destinations.h"
#include "policy/reports/failure_report.h"
#include "policy/reports/hand_over.h"
#include "policy/reports/report_mail.h"

namespace milterward::chores {
namespace {

using namespace std::chrono_literals;
using ports::Delivery;
using ports::DeliveryState;
using ports::ReportKind;
using ports::ReportPoint;
using ports::Stored;
using std::chrono::seconds;
using World = ReportKeeper::World;

/// Where nobody was asked; each try doubles it, up to the longest.
constexpr seconds first_pause = 5min;
constexpr seconds longest_pause = 4h;
/// When the rate of an address is looked at again.
constexpr seconds rate_pause = 1h;

seconds pause_after(unsigned tries) {
  const auto doubled = first_pause * (1 << std::min(tries, 10U));
  return std::min(doubled, longest_pause);
}

/// One delivery that is ours for now.
class Attempt {
 public:
  Attempt(const World& world, Delivery delivery, SilentDns& silent)
      : world_(world),
        delivery_(std::move(delivery)),
        silent_(silent),
        now_(now_of(world)) {}

  /// What became of it; a fault of the store ends the round.
  Stored<DeliveryState> make() {
    const auto domain = Domain::parse(delivery_.domain);
    const auto destination = reports::parse_destination("mailto:" + delivery_.destination);
    if (!domain || !destination) return settle(DeliveryState::failed, "it is no address");
    if (*domain != destination->host)
      for (const auto* one : {&*domain, &destination->host})
        if (silent_.has(*one)) return try_later("DNS has just been silent about it");
    pass(world_, ReportPoint::before_agreement);
    const auto agreement = reports::ask_for_agreement(
        *destination, *domain, delivery_.kind, world_.dns, world_.discovery,
        Deadline::after(world_.clock, world_.patience));
    pass(world_, ReportPoint::after_agreement);
    switch (agreement.consent) {
      case reports::Consent::refused:
        return settle(DeliveryState::failed, agreement.reason);
      case reports::Consent::unknown:
        if (agreement.silent) silent_.note(*agreement.silent);
        ++delivery_.tries;
        return try_later(agreement.reason);
      case reports::Consent::given:
        return send_to(agreement.addresses);
    }
    unreachable();
  }

 private:
  Stored<DeliveryState> send_to(const std::vector<std::string>& addresses) {
    const auto recipients = recipients_now(world_, delivery_.kind, addresses);
    if (!recipients) return Unexpected{recipients.fault()};
    switch (recipients->turn) {
      case Recipients::Turn::never:
        return settle(DeliveryState::suppressed, "it refused reports");
      case Recipients::Turn::later:
        return wait_for_its_turn();
      case Recipients::Turn::now:
        return hand_over(recipients->addresses);
    }
    unreachable();
  }

  Stored<DeliveryState> hand_over(const std::vector<std::string>& addresses) {
    const auto standing = world_.store.standing(delivery_);
    if (!standing) return Unexpected{standing.fault()};
    switch (*standing) {
      case ports::Standing::undisputed:
        break;
      case ports::Standing::superseded:
        delivery_.next_try = now_;
        return settle(DeliveryState::waiting, "another host has taken over");
      case ports::Standing::robbed:
        return DeliveryState::waiting;
    }
    const auto mail = mail_to(addresses);
    pass(world_, ReportPoint::before_hand_over);
    const auto handed =
        reports::hand_over(world_.mail_server,
                           {world_.helo, world_.settings.from, addresses}, mail, world_.at);
    ++delivery_.tries;
    switch (handed.outcome) {
      case reports::HandOver::Outcome::taken: {
        delivery_.sent_to = handed.taken;
        // Written down first: a mail that has to be repeated is to be the same.
        auto settled = settle(DeliveryState::sent, "");
        if (!settled) return settled;
        if (const auto done = suppress(handed); !done) return Unexpected{done.fault()};
        return settled;
      }
      case reports::HandOver::Outcome::not_now:
        return try_later(handed.reason);
      case reports::HandOver::Outcome::unreachable:
        if (const auto done = suppress(handed); !done) return Unexpected{done.fault()};
        return settle(DeliveryState::failed, handed.reason);
      case reports::HandOver::Outcome::refused:
        return settle(DeliveryState::failed, handed.reason);
    }
    unreachable();
  }

  std::string mail_to(const std::vector<std::string>& addresses) const {
    const auto& from = world_.settings.from;
    const auto receiver = receiver_of(world_.settings);
    const auto message_id = fmt::format("{}.{}", delivery_.report, delivery_.mark);
    const WallTime made_at{delivery_.made_at};
    switch (delivery_.kind) {
      case ReportKind::aggregate:
        return reports::mail_text(reports::ReportMail{
            from, receiver, addresses, delivery_.domain, delivery_.report, message_id,
            delivery_.begin, delivery_.end, made_at, delivery_.text});
      case ReportKind::failure:
        return reports::mail_text(
            reports::FailureMail{from, receiver, addresses, delivery_.domain,
                                 delivery_.report, message_id, made_at, delivery_.text});
    }
    unreachable();
  }

  Stored<bool> suppress(const reports::HandOver& handed) {
    const auto until = now_ + std::chrono::duration_cast<seconds>(world_.settings.suppress);
    for (const auto& address : handed.unreachable) {
      pass(world_, ReportPoint::before_suppress);
      if (const auto done = world_.store.suppress(address, until, handed.reason); !done)
        return done;
      pass(world_, ReportPoint::after_suppress);
      log_event(Event::report_suppressed, {{"to", address}, {"reason", handed.reason}});
    }
    return true;
  }

  Stored<DeliveryState> wait_for_its_turn() {
    delivery_.next_try = now_ + rate_pause;
    if (is_too_old())
      return settle(DeliveryState::failed, "others were before it too long");
    return settle(DeliveryState::waiting, delivery_.kind == ReportKind::failure
                                              ? "it has had its failure reports of an hour"
                                              : "it has had its reports of a day");
  }

  Stored<DeliveryState> try_later(const std::string& reason) {
    if (is_too_old()) return settle(DeliveryState::failed, reason);
    delivery_.next_try = now_ + pause_after(delivery_.tries);
    return settle(DeliveryState::waiting, reason);
  }

  bool is_too_old() const {
    const auto patience =
        delivery_.kind == ReportKind::failure ? failure_report_patience : report_patience;
    return now_ - delivery_.made_at >= patience;
  }

  Stored<DeliveryState> settle(DeliveryState state, const std::string& reason) {
    delivery_.state = state;
    delivery_.reason = reason;
    pass(world_, ReportPoint::before_settle);
    if (const auto done = world_.store.settle(delivery_, now_); !done)
      return Unexpected{done.fault()};
    pass(world_, ReportPoint::after_settle);
    tell();
    return state;
  }

  void tell() const {
    const auto& [report, domain, to] =
        std::tie(delivery_.report, delivery_.domain, delivery_.destination);
    const auto tries = std::to_string(delivery_.tries);
    const std::string kind{to_text(delivery_.kind)};
    switch (delivery_.state) {
      case DeliveryState::sent:
        log_event(Event::report_sent, {{"report", report},
                                       {"kind", kind},
                                       {"domain", domain},
                                       {"to", to},
                                       {"tries", tries}});
        return;
      case DeliveryState::waiting:
        log_event(Event::report_waits, {{"report", report},
                                        {"kind", kind},
                                        {"domain", domain},
                                        {"to", to},
                                        {"tries", tries},
                                        {"reason", delivery_.reason}});
        return;
      case DeliveryState::failed:
      case DeliveryState::suppressed:
        log_event(Event::report_failed, {{"report", report},
                                         {"kind", kind},
                                         {"domain", domain},
                                         {"to", to},
                                         {"reason", delivery_.reason}});
        return;
    }
    unreachable();
  }

  const World& world_;
  Delivery delivery_;
  SilentDns& silent_;
  const seconds now_;
};

}  // namespace

Stored<DeliveryState> attempt(const World& world, Delivery delivery, SilentDns& silent) {
  return Attempt{world, std::move(delivery), silent}.make();
}

}  // namespace milterward::chores
