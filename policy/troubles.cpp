// SPDX-License-Identifier: Apache-2.0
#include "policy/troubles.h"

#include <algorithm>
#include <array>
#include <limits>

#include "policy/base/ascii.h"
#include "policy/base/sink.h"
#include "policy/ports/counters.h"
#include "policy/reporting.h"
#include "policy/rules/direction.h"
#include "policy/sent_mail.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;
using ports::Hit;

/// Of a body: what says which message it was stands in front of the message itself.
constexpr std::size_t body_limit = 64 * 1024;
constexpr ports::CountingWindow month{24h, 31, 0s};

constexpr std::array climbing_scopes{rules::QuotaScope::account, rules::QuotaScope::domain,
                                     rules::QuotaScope::egress};

/// Signed by a loop, and written in its name: what others write may bear a signature of the
/// same service.
bool is_of_a_loop(const rules::MessageFacts& facts, const std::vector<Domain>& loops) {
  if (facts.author_domains.size() != 1) return false;
  return std::ranges::any_of(loops, [&](const Domain& loop) {
    return facts.author_domains.front() == loop.name() &&
           std::ranges::any_of(facts.dkim, [&](const rules::DkimFact& signature) {
             return signature.result == ports::DkimResult::pass &&
                    signature.domain == loop.name();
           });
  });
}

}  // namespace

bool is_delivery_report(const RawHeaders& headers) {
  const auto types = fields_named(headers, "Content-Type");
  if (types.size() != 1) return false;
  const auto type = to_lower(unfolded(types.front()->value));
  return trim(type).starts_with("multipart/report") &&
         type.find("delivery-status") != std::string::npos;
}

bool Troubles::may_report(const rules::MessageFacts& facts, const RawHeaders& headers) {
  if (facts.mail_from.empty()) return true;
  if (rules::decide_direction(facts).direction != rules::Direction::inbound) return false;
  const auto types = fields_named(headers, "Content-Type");
  return !types.empty() &&
         to_lower(unfolded(types.front()->value)).starts_with("multipart/report");
}

void Troubles::body(std::string_view chunk) {
  body_ += chunk.substr(0, body_limit - body_.size());
}

void Troubles::count(const rules::MessageFacts& facts,
                     std::span<const std::string> recipients, const std::string& id,
                     const std::string& queue_id) const {
  const auto report = parse_trouble_report(body_);
  if (report.message_id.empty()) return;
  if (report.is_feedback) {
    if (services_.counters && report.is_complaint &&
        is_of_a_loop(facts, services_.config->warmup.complaint_loops))
      count({"complaint", report.mail_from, report.message_id, ""}, id, queue_id);
    return;
  }
  // A notice goes to whom the message was from (RFC 5321 section 4.5.5), and to nobody
  // else.
  if (!facts.mail_from.empty() || recipients.size() != 1) return;
  if (services_.report_rows && !report.failed.empty() &&
      equal_ignoring_case(recipients.front(), services_.config->report.from))
    note_returned_report(services_, report.message_id);
  if (!services_.counters) return;
  for (const auto& recipient : report.failed)
    count({"bounce", recipients.front(), report.message_id, recipient}, id, queue_id);
}

/// For the account, the domain and the address of ours that sent it, each as far as it
/// climbs. What cannot be counted for a fault is not: it is told in the log of the store.
void Troubles::count(const Named& named, const std::string& id,
                     const std::string& queue_id) const {
  const auto now = ports::since_1970(*services_.clock);
  const auto deadline = Deadline::after(*services_.clock, services_.config->store.timeout);
  std::vector<Hit> marks;
  for (const auto scope : climbing_scopes)
    marks.push_back({sent_mark(scope, named.sender, named.message_id, named.recipient),
                     window_of_sent_mail(), 0, ports::no_limit});
  const auto found = services_.counters->hit(marks, ports::Grant::always, now, deadline);
  if (!found || found->in_share) return;
  bool is_counted = false;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const auto sender = found->counts[i].used;
    if (sender == 0) continue;
    const auto count_once = [&](const std::string& once, std::string counter) {
      std::vector<Hit> hits{{once_mark(named.kind, once), window_of_sent_mail(), 1, 1},
                            {std::move(counter), month, 1, ports::no_limit}};
      ports::Reservation reservation{*services_.counters};
      const auto counted =
          reservation.add(std::move(hits), ports::Grant::within_limits, now, deadline);
      return counted && counted->granted && reservation.commit(deadline).has_value();
    };
    const bool is_bounce = named.kind == "bounce";
    if (!count_once(marks[i].counter,
                    is_bounce ? bounced_counter(sender) : complained_counter(sender)))
      continue;
    is_counted = true;
    if (is_bounce)
      count_once(sent_mark(climbing_scopes[i], named.sender, named.message_id, ""),
                 bounced_messages_counter(sender));
  }
  if (!is_counted) return;
  log_event(Event::account_trouble, {{"id", id},
                                     {"queue_id", queue_id},
                                     {"kind", std::string{named.kind}},
                                     {"sender", named.sender},
                                     {"message_id", named.message_id},
                                     {"recipient", named.recipient}});
}

}  // namespace milterward
