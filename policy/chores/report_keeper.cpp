// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/report_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/mail/address.h"
#include "policy/reports/aggregate_document.h"
#include "policy/reports/destinations.h"
#include "policy/reports/hand_over.h"
#include "policy/reports/report_mail.h"

namespace milterward::chores {
namespace {

using namespace std::chrono_literals;
using ports::Delivery;
using ports::DeliveryState;
using ports::MadeReport;
using ports::OpenReport;
using ports::ReportPoint;
using ports::Stored;
using std::chrono::seconds;
using World = ReportKeeper::World;

constexpr std::size_t closed_at_once = 100;
/// The first pause after a try, doubled by each one up to the longest.
constexpr seconds first_pause = 5min;
constexpr seconds longest_pause = 4h;
/// How long the rate of a destination is counted, and when it is looked at again.
constexpr seconds rate_window = 24h;
constexpr seconds rate_pause = 1h;

seconds now_of(const World& world) {
  return std::chrono::floor<seconds>(world.clock.today().time_since_epoch());
}

void pass(const World& world, ReportPoint point) { ports::pass(world.at, point); }

std::string receiver_of(const conf::ReportSettings& settings) {
  const auto text = claimed_sender(settings.from).domain_text;
  const auto domain = Domain::parse(text);
  return domain ? domain->name() : text;
}

/// Of the URIs those that are addresses; one that is named twice counts once.
std::vector<std::string> destinations_of(const std::vector<std::string>& rua) {
  std::vector<std::string> destinations;
  for (const auto& uri : rua)
    if (const auto destination = reports::parse_destination(uri);
        destination &&
        std::ranges::find(destinations, destination->address) == destinations.end())
      destinations.push_back(destination->address);
  return destinations;
}

seconds pause_after(unsigned tries) {
  const auto doubled = first_pause * (1 << std::min(tries, 10U));
  return std::min(doubled, longest_pause);
}

/// One delivery that is ours for now.
class Attempt {
 public:
  Attempt(const World& world, Delivery delivery)
      : world_(world), delivery_(std::move(delivery)), now_(now_of(world)) {}

  /// What became of it; a fault of the store ends the round.
  Stored<DeliveryState> make() {
    const auto is_suppressed = world_.store.is_suppressed(delivery_.destination, now_);
    if (!is_suppressed) return Unexpected{is_suppressed.fault()};
    if (*is_suppressed) return settle(DeliveryState::suppressed, "it refused reports");
    const auto sent = world_.store.sent_since(delivery_.destination, now_ - rate_window);
    if (!sent) return Unexpected{sent.fault()};
    if (*sent >= world_.settings.per_destination) return wait_for_its_turn();

    const auto domain = Domain::parse(delivery_.domain);
    const auto destination = reports::parse_destination("mailto:" + delivery_.destination);
    if (!domain || !destination) return settle(DeliveryState::failed, "it is no address");
    pass(world_, ReportPoint::before_agreement);
    const auto agreement =
        reports::ask_for_agreement(*destination, *domain, world_.dns, world_.discovery,
                                   Deadline::after(world_.clock, world_.patience));
    pass(world_, ReportPoint::after_agreement);
    switch (agreement.consent) {
      case reports::Consent::refused:
        return settle(DeliveryState::failed, agreement.reason);
      case reports::Consent::unknown:
        ++delivery_.tries;
        return try_later(agreement.reason);
      case reports::Consent::given:
        return hand_over(agreement.addresses);
    }
    unreachable();
  }

 private:
  Stored<DeliveryState> hand_over(const std::vector<std::string>& addresses) {
    const auto receiver = receiver_of(world_.settings);
    const auto mail = reports::mail_text(
        {world_.settings.from, receiver, addresses, delivery_.domain, delivery_.report,
         fmt::format("{}.{}", delivery_.report, delivery_.mark), delivery_.begin,
         delivery_.end, WallTime{delivery_.made_at}, delivery_.xml});
    pass(world_, ReportPoint::before_hand_over);
    const auto handed =
        reports::hand_over(world_.mail_server,
                           {world_.helo, world_.settings.from, addresses}, mail, world_.at);
    ++delivery_.tries;
    switch (handed.outcome) {
      case reports::HandOver::Outcome::taken:
        return settle(DeliveryState::sent, "");
      case reports::HandOver::Outcome::not_now:
        return try_later(handed.reason);
      case reports::HandOver::Outcome::refused:
        return settle(DeliveryState::failed, handed.reason);
      case reports::HandOver::Outcome::unreachable:
        return suppress(handed.reason);
    }
    unreachable();
  }

  Stored<DeliveryState> suppress(const std::string& reason) {
    const auto until = now_ + std::chrono::duration_cast<seconds>(world_.settings.suppress);
    pass(world_, ReportPoint::before_suppress);
    if (const auto done = world_.store.suppress(delivery_.destination, until, reason);
        !done)
      return Unexpected{done.fault()};
    pass(world_, ReportPoint::after_suppress);
    log_event(Event::report_suppressed,
              {{"to", delivery_.destination}, {"reason", reason}});
    return settle(DeliveryState::failed, reason);
  }

  Stored<DeliveryState> wait_for_its_turn() {
    delivery_.next_try = now_ + rate_pause;
    if (is_too_old())
      return settle(DeliveryState::failed, "others were before it too long");
    return settle(DeliveryState::waiting, "it has had its reports of a day");
  }

  Stored<DeliveryState> try_later(const std::string& reason) {
    if (is_too_old()) return settle(DeliveryState::failed, reason);
    delivery_.next_try = now_ + pause_after(delivery_.tries);
    return settle(DeliveryState::waiting, reason);
  }

  bool is_too_old() const { return now_ - delivery_.made_at >= report_patience; }

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
    switch (delivery_.state) {
      case DeliveryState::sent:
        log_event(Event::report_sent,
                  {{"report", report}, {"domain", domain}, {"to", to}, {"tries", tries}});
        return;
      case DeliveryState::waiting:
        log_event(Event::report_waits, {{"report", report},
                                        {"domain", domain},
                                        {"to", to},
                                        {"tries", tries},
                                        {"reason", delivery_.reason}});
        return;
      case DeliveryState::failed:
      case DeliveryState::suppressed:
        log_event(Event::report_failed, {{"report", report},
                                         {"domain", domain},
                                         {"to", to},
                                         {"reason", delivery_.reason}});
        return;
    }
    unreachable();
  }

  const World& world_;
  Delivery delivery_;
  const seconds now_;
};

std::uint64_t messages_of(const std::vector<ports::CountedText>& rows) {
  std::uint64_t messages = 0;
  for (const auto& row : rows) messages += row.count;
  return messages;
}

/// One report of what is open. Rows that came in between leave it to the next round.
Stored<bool> close_part(const World& world, OpenReport& open) {
  auto rows = world.store.rows_of(open, world.settings.max_rows);
  if (!rows) return Unexpected{rows.fault()};
  pass(world, ReportPoint::after_rows_read);
  MadeReport made;
  made.id = fmt::format("{}n{}p{}", world.store.name(), open.number, open.parts + 1);
  made.made_at = now_of(world);
  made.destinations = destinations_of(open.rua);
  const auto messages = messages_of(*rows);
  if (!rows->empty() && !made.destinations.empty())
    made.xml = report_document(world.settings, open, *rows, made.id);
  pass(world, ReportPoint::after_text_made);
  made.rows = std::move(*rows);
  if (made.xml.empty()) made.destinations.clear();
  pass(world, ReportPoint::before_close);
  const auto closed = world.store.close(open, made);
  if (!closed) return Unexpected{closed.fault()};
  pass(world, ReportPoint::after_close);
  if (!*closed || made.destinations.empty()) return *closed;
  log_event(Event::report_made, {{"report", made.id},
                                 {"domain", open.domain},
                                 {"begin", std::to_string(open.begin.count())},
                                 {"end", std::to_string(open.end.count())},
                                 {"messages", std::to_string(messages)}});
  return true;
}

Stored<std::size_t> close_ended(const World& world) {
  std::size_t made = 0;
  while (!world.is_unwanted()) {
    auto ended = world.store.ended_at(now_of(world) - report_grace, closed_at_once);
    if (!ended) return Unexpected{ended.fault()};
    bool any = false;
    for (auto& open : *ended) {
      if (world.is_unwanted()) return made;
      const auto closed = close_part(world, open);
      if (!closed) return Unexpected{closed.fault()};
      any = any || *closed;
      made += *closed ? 1 : 0;
    }
    if (!any) break;  // nothing is left, or others are at it
  }
  return made;
}

}  // namespace

std::string report_document(const conf::ReportSettings& settings, const OpenReport& open,
                            const std::vector<ports::CountedText>& rows,
                            const std::string& id) {
  const auto policy = reports::parse_policy(open.policy);
  std::vector<reports::CountedRow> counted;
  for (const auto& [text, count] : rows)
    if (auto row = reports::parse_row(text)) counted.push_back({std::move(*row), count});
  if (!policy || counted.empty()) return {};
  const auto& organization = settings.organization;
  return reports::aggregate_document(
      {organization.empty() ? receiver_of(settings) : organization, settings.from,
       settings.contact, id, open.begin, open.end},
      *policy, counted);
}

Stored<ReportKeeper::Tally> ReportKeeper::round(const World& world) const {
  Tally tally;
  const auto made = close_ended(world);
  if (!made) return Unexpected{made.fault()};
  tally.made = *made;
  while (!world.is_unwanted()) {
    pass(world, ReportPoint::before_claim);
    const auto now = now_of(world);
    auto claimed = world.store.claim(now, now + report_claim);
    if (!claimed) return Unexpected{claimed.fault()};
    if (!*claimed) break;
    pass(world, ReportPoint::after_claim);
    const auto state = Attempt{world, std::move(**claimed)}.make();
    if (!state) return Unexpected{state.fault()};
    switch (*state) {
      case DeliveryState::sent:
        ++tally.sent;
        break;
      case DeliveryState::waiting:
        ++tally.waiting;
        break;
      case DeliveryState::failed:
      case DeliveryState::suppressed:
        ++tally.given_up;
        break;
    }
  }
  const auto keep = std::chrono::duration_cast<seconds>(world.settings.keep);
  pass(world, ReportPoint::before_forgetting);
  if (const auto gone = world.store.forget_before(now_of(world) - keep); !gone)
    return Unexpected{gone.fault()};
  pass(world, ReportPoint::after_forgetting);
  return tally;
}

}  // namespace milterward::chores
