// SPDX-License-Identifier: Apache-2.0
// The rows of [feedback]. Nothing is read out of the box: only the postmaster knows which
// address stands in the rua= of his records.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto feedback_rows = std::to_array<Key<Config>>({
    {.name = "feedback.addresses",
     .field = at<&Config::feedback, &FeedbackSettings::addresses>,
     .help = "Addresses of yours that stand in the rua= of your DMARC and TLS-RPT records. "
             "Mail of strangers to one of them is looked through for reports, once it is "
             "accepted, and delivered as ever. None: nothing is looked for.",
     .example = "dmarc-reports@example.org",
     .bounds = {.form = &full_address}},
    {.name = "feedback.file",
     .field = at<&Config::feedback, &FeedbackSettings::file>,
     .fallback = "/var/lib/milterward/feedback.db",
     .help = "A database of what was reported: domains, addresses of servers, numbers; no "
             "person stands in it. Files of the same beginning lie beside it.",
     .bounds = {.form = &file_path}},
    {.name = "feedback.believe",
     .field = at<&Config::feedback, &FeedbackSettings::believe>,
     .fallback = "authenticated",
     .help = "Which reports count, of those that come by mail: anybody can write one. "
             "\"authenticated\": those whose mail passed DMARC, as RFC 9990 asks of their "
             "senders; others are kept beside and shown as not counted. \"all\": every "
             "one. Reports that are read by hand always count."},
    {.name = "feedback.max_mail",
     .field = at<&Config::feedback, &FeedbackSettings::max_mail>,
     .fallback = "10",
     .help = "Mail larger than this, in MB, is not looked through.",
     .bounds = {.least = "1", .most = "100"}},
    {.name = "feedback.max_unpacked",
     .field = at<&Config::feedback, &FeedbackSettings::max_unpacked>,
     .fallback = "20",
     .help = "How large a report may become when it is unpacked, in MB; a larger one is "
             "refused. Reading one takes up to eight times as much memory, for a moment.",
     .bounds = {.least = "1", .most = "200"}},
    {.name = "feedback.keep",
     .field = at<&Config::feedback, &FeedbackSettings::keep>,
     .fallback = "9600h",
     .help = "How long a report is kept, from the end of what it reports.",
     .bounds = {.least = "24h", .most = "90000h"}},
    {.name = "feedback.max_size",
     .field = at<&Config::feedback, &FeedbackSettings::max_size>,
     .fallback = "256",
     .help = "How large the database may become, in MB; the oldest reports go before it "
             "does. A line of a report takes about 300 octets.",
     .bounds = {.least = "1", .most = "100000"}},
});

}  // namespace

std::span<const Key<Config>> feedback_keys() noexcept { return feedback_rows; }

}  // namespace milterward::conf
