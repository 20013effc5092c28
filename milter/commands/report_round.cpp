// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/report_round.h"

#include <utility>

#include "conf/listen_address.h"
#include "milter/commands/smtp_client.h"

namespace milterward::commands {
namespace {

using namespace std::chrono_literals;

/// Of the mail server with a reply. RFC 5321 section 4.5.3.2 would have ten minutes for the
/// last one; it is our own and near, and the end of the daemon waits for it.
constexpr auto patience_with_server = 60s;

}  // namespace

ports::Stored<chores::ReportKeeper::Tally> make_report_round(
    const Services& services, ports::ReportStore& store,
    std::function<bool()> is_unwanted) {
  const auto& config = *services.config;
  // The loader has checked it.
  const auto place = conf::parse_listen_address(config.report.smtp).value();
  TcpSmtpServer server{place.address, place.port, {}, patience_with_server};
  return chores::ReportKeeper{}.round({config.report, config.dmarc.discovery,
                                       config.dns.message_deadline, services.authserv_id,
                                       store, *services.dns, server, *services.clock,
                                       std::move(is_unwanted)});
}

}  // namespace milterward::commands
