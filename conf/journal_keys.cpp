// SPDX-License-Identifier: Apache-2.0
// The rows of [journal]. Kept out of the box: "why was this message refused?" is asked
// about mail of yesterday, when it is too late to switch anything on.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto journal_rows = std::to_array<Key<Config>>({
    {.name = "journal.file",
     .field = at<&Config::journal, &JournalSettings::file>,
     .fallback = "/var/lib/milterward/journal.db",
     .help =
         "A database of each decision with what was known when it was made, for "
         "milterward-explain(1) and milterward-log(1); empty for none. It names senders "
         "and recipients, never a subject or a body. Mail does not wait for it: what "
         "cannot be written is left out, and journal.dropped or journal.failing says so. "
         "Files of the same beginning lie beside it.",
     .bounds = {.form = &file_or_none}},
    {.name = "journal.keep",
     .field = at<&Config::journal, &JournalSettings::keep>,
     .fallback = "168h",
     .help = "How long a decision is kept.",
     .bounds = {.least = "1h", .most = "9000h"}},
    {.name = "journal.max_size",
     .field = at<&Config::journal, &JournalSettings::max_size>,
     .fallback = "256",
     .help = "How large the database may become, in MB; the oldest decisions go before it "
             "does. A message takes about 2 kB.",
     .bounds = {.least = "1", .most = "1000000"}},
    {.name = "journal.local_parts",
     .field = at<&Config::journal, &JournalSettings::local_parts>,
     .fallback = "kept",
     .help = "\"hashed\" keeps of an address, and of a login, only its domain and a keyed "
             "hash (trace.secret_file) of what stands before it: who has the file alone "
             "learns no names, and who asks by a whole address finds its mail all the "
             "same. Counts for what is written from then on."},
});

}  // namespace

std::span<const Key<Config>> journal_keys() noexcept { return journal_rows; }

}  // namespace milterward::conf
