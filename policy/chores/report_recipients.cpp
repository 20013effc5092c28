// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/report_recipients.h"

#include <set>
#include <utility>

#include "policy/chores/report_closing.h"

namespace milterward::chores {
namespace {

using namespace std::chrono_literals;
using ports::ReportKind;
using ports::Stored;
using std::chrono::seconds;
using Turn = Recipients::Turn;

/// How long the rate of an address is counted.
constexpr seconds rate_window = 24h;
constexpr seconds failure_rate_window = 1h;

}  // namespace

std::vector<std::string> each_once(std::vector<std::string> addresses) {
  std::set<std::string> seen;
  std::erase_if(addresses, [&](const std::string& address) {
    return !seen.insert(ports::counted_as(address)).second;
  });
  return addresses;
}

Stored<Recipients> recipients_now(const ReportKeeper::World& world, ReportKind kind,
                                  std::vector<std::string> addresses) {
  const bool is_failure = kind == ReportKind::failure;
  const auto now = now_of(world);
  const auto since = now - (is_failure ? failure_rate_window : rate_window);
  const auto most =
      is_failure ? world.settings.failure.per_destination : world.settings.per_destination;
  Recipients recipients;
  for (auto& address : each_once(std::move(addresses))) {
    const auto is_suppressed = world.store.is_suppressed(address, now);
    if (!is_suppressed) return Unexpected{is_suppressed.fault()};
    if (*is_suppressed) continue;
    const auto sent = world.store.sent_since(kind, ports::counted_as(address), since);
    if (!sent) return Unexpected{sent.fault()};
    const auto host = world.store.sent_since(kind, ports::host_counted_as(address), since);
    if (!host) return Unexpected{host.fault()};
    if (*sent >= most || *host >= most * share_of_a_host) recipients.turn = Turn::later;
    recipients.addresses.push_back(std::move(address));
  }
  if (recipients.addresses.empty()) recipients.turn = Turn::never;
  return recipients;
}

}  // namespace milterward::chores
