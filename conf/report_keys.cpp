// SPDX-License-Identifier: Apache-2.0
// The rows of [report]. Off out of the box: a mail server that has no address for reports,
// or no key for that address, would send what nobody believes. Failure reports are off for
// a reason of their own: they tell strangers of single messages.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto report_rows = std::to_array<Key<Config>>({
    {.name = "report.send",
     .field = at<&Config::report, &ReportSettings::sends>,
     .fallback = "false",
     .help = "Whether domain owners whose DMARC record asks for it (rua=) get aggregate "
             "reports of the mail that came in their name. A message that is told to come "
             "back later counts when it has come. Needs report.from."},
    {.name = "report.from",
     .field = at<&Config::report, &ReportSettings::from>,
     .help = "The address that reports come from, in From and in MAIL FROM. Its domain is "
             "the name under which you report, and must sign: reports have to pass DMARC "
             "themselves. Bounces come there too.",
     .example = "dmarc-reports@example.org",
     .bounds = {.form = &address_or_none}},
    {.name = "report.organization",
     .field = at<&Config::report, &ReportSettings::organization>,
     .help = "Name of your organization in reports; empty for the domain of report.from.",
     .example = "Example Mail",
     .bounds = {.form = &any_text}},
    {.name = "report.contact",
     .field = at<&Config::report, &ReportSettings::contact>,
     .help = "How else to reach you about a report, such as the address of a web page; "
             "empty for nothing.",
     .example = "https://example.org/dmarc",
     .bounds = {.form = &any_text}},
    {.name = "report.smtp",
     .field = at<&Config::report, &ReportSettings::smtp>,
     .fallback = "127.0.0.1:25",
     .help = "Address and port of the mail server that takes reports and sends them on. It "
             "must hand them to Milterward as mail of a trusted host, which signs them.",
     .example = "127.0.0.1:10026",
     .bounds = {.form = &listen_address_or_none}},
    {.name = "report.every",
     .field = at<&Config::report, &ReportSettings::every>,
     .fallback = "24h",
     .help = "The time that one report is about. Periods begin at midnight UTC, so it "
             "divides a day.",
     .bounds = {.least = "1h", .most = "24h"}},
    {.name = "report.file",
     .field = at<&Config::report, &ReportSettings::file>,
     .fallback = "/var/lib/milterward/reports.db",
     .help = "A database of what is to be reported and of the reports that were made. A "
             "file of this host alone. Several daemons of one host may share it, and each "
             "report is then sent by one of them. Several hosts share their reports where "
             "store.url names a Redis: each hands over what it saw when a period is over, "
             "and one of them sends a report for all; otherwise each reports what it saw, "
             "under names of its own. Files of the same beginning lie beside it.",
     .bounds = {.form = &file_path}},
    {.name = "report.max_size",
     .field = at<&Config::report, &ReportSettings::max_size>,
     .fallback = "512",
     .help = "How large the database may become, in MB, a quarter of it for failure "
             "reports; what comes then is in no report, and report.rows_dropped says so.",
     .bounds = {.least = "1", .most = "1000000"}},
    {.name = "report.max_rows",
     .field = at<&Config::report, &ReportSettings::max_rows>,
     .fallback = "5000",
     .help = "Rows of one report; what is more makes a further one. 5000 take about 200 kB "
             "as they are sent.",
     .bounds = {.least = "1", .most = "50000"}},
    {.name = "report.per_destination",
     .field = at<&Config::report, &ReportSettings::per_destination>,
     .fallback = "500",
     .help =
         "Aggregate reports that one address gets in any 24 hours, however its case is "
         "spelt, and ten times as many for all addresses of one host together; what is "
         "more waits. What counts is where mail goes: a host that agrees to take reports "
         "may name other addresses than the record of a domain does. A service that reads "
         "reports for many domains needs many.",
     .bounds = {.least = "1", .most = "1000000"}},
    {.name = "report.failure",
     .field = at<&Config::report, &ReportSettings::failure, &FailureReportSettings::of>,
     .fallback = "off",
     .help = "Whether domain owners whose DMARC record asks for it (ruf=, fo=) get reports "
             "of single messages, with a part of their header and never their body: of "
             "those that \"failed\" DMARC, or of all that is \"asked\" for, which is also "
             "mail that passes by SPF or DKIM alone. They tell strangers of mail that your "
             "users got; aggregate reports serve nearly every end. Nothing is told of "
             "reports, automatic mail and the null sender. Needs report.from."},
    {.name = "report.failure_local_parts",
     .field =
         at<&Config::report, &ReportSettings::failure, &FailureReportSettings::local_parts>,
     .fallback = "hashed",
     .help = "What takes the place of the local part of each address in failure reports: "
             "\"hashed\", a keyed hash (trace.secret_file) by which who reads several "
             "reports sees that it was the same address; or \"removed\", nothing."},
    {.name = "report.failure_fields",
     .field = at<&Config::report, &ReportSettings::failure, &FailureReportSettings::fields>,
     .fallback = "From Sender Date Message-ID List-Id DKIM-Signature",
     .help = "Header fields of a message that failure reports show, without names and "
             "local parts of addresses. Subject tells most, and whoever adds Received "
             "tells of the way within.",
     .example = "From Date Message-ID",
     .bounds = {.form = &any_header_name}},
    {.name = "report.failure_every",
     .field = at<&Config::report, &ReportSettings::failure, &FailureReportSettings::every>,
     .fallback = "15m",
     .help = "Failures of the same kind, from one address and with the same results, "
             "within so long make one report, which says how many there were. Divides a "
             "day.",
     .bounds = {.least = "1m", .most = "24h"}},
    {.name = "report.failure_per_destination",
     .field = at<&Config::report, &ReportSettings::failure,
                 &FailureReportSettings::per_destination>,
     .fallback = "10",
     .help = "Failure reports that one address gets in any hour, and ten times as many for "
             "all addresses of one host together; what is more is dropped.",
     .bounds = {.least = "1", .most = "10000"}},
    {.name = "report.failure_per_domain",
     .field =
         at<&Config::report, &ReportSettings::failure, &FailureReportSettings::per_domain>,
     .fallback = "50",
     .help = "Failure reports about one domain (where its DMARC record is) in any 24 "
             "hours; what is more is dropped.",
     .bounds = {.least = "1", .most = "100000"}},
    {.name = "report.keep",
     .field = at<&Config::report, &ReportSettings::keep>,
     .fallback = "720h",
     .help = "How long reports are kept when all is done with them. One that cannot be "
             "handed over is tried again for three days, a failure report for six hours.",
     .bounds = {.least = "72h", .most = "9000h"}},
    {.name = "report.suppress",
     .field = at<&Config::report, &ReportSettings::suppress>,
     .fallback = "720h",
     .help = "How long an address gets no reports after the mail server has refused one "
             "for it, or one came back: a notice of failure for report.from, of those of "
             "Postfix itself only with internal_mail_filter_classes = bounce.",
     .bounds = {.least = "1h", .most = "9000h"}},
});

}  // namespace

std::span<const Key<Config>> report_keys() noexcept { return report_rows; }

}  // namespace milterward::conf
