// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/report_round.h"

#include <utility>

#include "conf/listen_address.h"
#include "conf/store_url.h"
#include "milter/commands/smtp_client.h"

namespace milterward::commands {
namespace {

using namespace std::chrono_literals;

/// Of the mail server with a reply. RFC 5321 section 4.5.3.2 would have ten minutes for the
/// last one; it is our own and near, and the end of the daemon waits for it.
constexpr auto patience_with_server = 60s;
/// Of all that is said to it about one report: shorter than the lease of hosts that share
/// (backends::report_lease), so that who hands over still has it when it is done.
constexpr auto patience_with_hand_over = 4min;

}  // namespace

ports::Stored<chores::ReportSharing::Round> make_report_round(
    const Services& services, const ReportTools& tools, std::function<bool()> is_unwanted) {
  const auto& config = *services.config;
  const auto file = tools.open(config.report.file);
  if (!file) return Unexpected{file.fault()};
  // The loader has checked it.
  const auto place = conf::parse_listen_address(config.report.smtp).value();
  TcpSmtpServer server{
      place.address, place.port, {}, patience_with_server, patience_with_hand_over};
  const chores::ReportKeeper::World own{config.report,
                                        config.dmarc.discovery,
                                        config.dns.message_deadline,
                                        services.authserv_id,
                                        **file,
                                        *services.dns,
                                        server,
                                        *services.clock,
                                        std::move(is_unwanted)};
  if (!config.report.sends || !conf::is_shared_store(config.store.url)) {
    const auto tally = chores::ReportKeeper{}.round(own);
    if (!tally) return Unexpected{tally.fault()};
    return chores::ReportSharing::Round{*tally, "", ""};
  }
  const auto outbox = tools.open_outbox(config.report.file);
  if (!outbox) return Unexpected{outbox.fault()};
  return chores::ReportSharing{}.round(
      own, {config.store.url, **outbox, [&] { return tools.open_shared(config.store); }});
}

}  // namespace milterward::commands
