// SPDX-License-Identifier: Apache-2.0
#include "policy/base/events.h"

#include <array>
#include <cstddef>

#include "policy/base/unreachable.h"

namespace milterward {
namespace {

constexpr std::array rows = std::to_array<EventRow>({
    {Event::daemon_starting, "daemon.starting", Level::info, "version config",
     "The daemon read its configuration and begins."},
    {Event::daemon_ready, "daemon.ready", Level::info, "socket user",
     "The milter socket is open; the MTA may connect."},
    {Event::daemon_draining, "daemon.draining", Level::info, "connections limit",
     "SIGTERM came: no new connections, those that exist are served until the MTA closes "
     "them "
     "or drain.limit passes."},
    {Event::daemon_stopped, "daemon.stopped", Level::info, "cut idle",
     "The daemon ends; so many connections were cut in a message, so many idle ones "
     "closed."},
    {Event::daemon_failed, "daemon.failed", Level::error, "reason",
     "The daemon cannot go on; the reason says what to mend."},
    {Event::sandbox_unavailable, "sandbox.unavailable", Level::warning, "reason",
     "The kernel could not take the daemon's sandbox (daemon.sandbox); it goes on "
     "without."},
    {Event::memory_not_locked, "memory.not_locked", Level::warning, "reason",
     "What the daemon remembers, private keys too, may be written to swap "
     "(daemon.lock_memory); it goes on."},
    {Event::status_guessing, "status.guessing", Level::warning, "client limit window",
     "The status page was given so many wrong tokens from there that no token from there "
     "is looked at for as long as the window says."},
    {Event::config_reloaded, "config.reloaded", Level::info, "config",
     "SIGHUP: the configuration was read, checked and is used for new connections."},
    {Event::config_kept, "config.kept", Level::error, "config reason",
     "SIGHUP: the new configuration has errors; the old one stays in force."},
    {Event::config_warning, "config.warning", Level::warning, "config reason",
     "The configuration is valid but probably not what was meant."},
    {Event::milter_thread_fallback, "milter.thread_fallback", Level::warning, "reason",
     "One thread per connection is not possible with this libmilter; its worker pool "
     "serves."},
    {Event::connection_refused, "connection.refused", Level::warning, "reason",
     "A connection of the MTA could not be served."},
    {Event::message_decided, "message.decided", Level::info,
     "id queue_id direction reason client helo mail_from recipients login from iprev "
     "lists spf dkim arc dmarc policies bulk preflight verdict rule mode would reply "
     "because "
     "dmarc_disposition "
     "redirected_to signed sealed "
     "latency_ms",
     "One line per message: what was found, what was decided and by which rule."},
    {Event::recipient_decided, "recipient.decided", Level::info,
     "id queue_id direction reason client helo mail_from recipient login verdict rule mode "
     "would reply",
     "A recipient, sender or client was refused or deferred before the message."},
    {Event::recipient_refused, "recipient.refused_by_mta", Level::info,
     "id queue_id client helo mail_from recipient login status text count",
     "The mail server refused a recipient itself (only Postfix tells); count is how many "
     "it "
     "refused on this connection, for whoever looks for guessed addresses."},
    {Event::relay_doubtful, "relay.doubtful", Level::warning,
     "id recipient mailer host rule way_out",
     "relay.domains and the MTA disagree about a recipient, or no domain is configured."},
    {Event::identity_mismatch, "identity.mismatch", Level::info,
     "id queue_id login class client rule claimed mode",
     "Mail claims an address that its sender does not own; the mode says what becomes of "
     "it."},
    {Event::dnsbl_list_unusable, "dnsbl.list_unusable", Level::warning,
     "list reason way_out",
     "A list of [[dnsbl.list]] says nothing of a client: it is \"unanswered\", \"refused\" "
     "(it does not serve us) or \"unbelievable\" (it answers what no list may). Told once "
     "an hour for each list."},
    {Event::directory_sql_failing, "directory.sql_failing", Level::warning, "reason",
     "The database of [directory.sql] says no, or cannot be reached; what it has to be "
     "asked "
     "for waits (451)."},
    {Event::directory_sql_recovered, "directory.sql_recovered", Level::info, "hanging",
     "The database answers again; so many connections still hang."},
    {Event::directory_sql_hanging, "directory.sql_hanging", Level::error, "hanging most",
     "The database took a question and does not answer: its connection is abandoned, and "
     "so many hang now. With the most there may be, nothing more is asked."},
    {Event::directory_file_read, "directory.file_read", Level::info, "file",
     "A file of the directory changed and was read again."},
    {Event::directory_file_kept, "directory.file_kept", Level::error, "file reason",
     "A file of the directory changed and cannot be used; what it said before stays in "
     "force."},
    {Event::key_unusable, "key.unusable", Level::error, "domain selector file reason",
     "A private key cannot be used; sign.on_missing_key rules the mail of its domain. No "
     "mail is sealed by one of [[arc.key]]. Without a selector nobody knows which keys of "
     "sign.directory the domain has, and its mail waits."},
    {Event::key_usable, "key.usable", Level::info, "domain selector file",
     "A private key in a token that was away can be used again; mail is signed from now "
     "on."},
    {Event::key_state_changed, "key.state_changed", Level::info, "domain selector state",
     "A key below sign.directory came into another state (milterward-keys(1))."},
    {Event::key_not_shown, "key.not_shown", Level::error, "domain selector record",
     "DNS does not show the public half of a key that signs: receivers do not believe its "
     "signatures. The record is missing, altered, revoked, or there are several. Keys that "
     "are rotated are looked at every five minutes, others below sign.directory and those "
     "of [[sign.key]] and [[arc.key]] every hour."},
    {Event::key_server_behind, "key.server_behind", Level::info,
     "domain selector server record",
     "A name server of the zone does not show yet what the resolver shows of a key that "
     "waits to sign; while one does not, the key goes on waiting."},
    {Event::key_server_silent, "key.server_silent", Level::warning,
     "domain selector server reason",
     "A name server of the zone, asked for the record of a key that waits to sign, did not "
     "answer or does not know the zone (\"lame\"); without a server, none of the zone was "
     "found. sign.ask_authoritative says how many have to answer."},
    {Event::key_care_failed, "key.care_failed", Level::error, "domain reason",
     "The keys of a domain could not be looked after; it is tried again in five minutes."},
    {Event::token_failing, "token.failing", Level::error, "token reason",
     "A token ([pkcs11]) that holds private keys does not answer, or refuses our PIN; "
     "sign.on_missing_key rules the mail that they would sign. It is tried again with the "
     "next message."},
    {Event::token_recovered, "token.recovered", Level::info, "token", "It signs again."},
    {Event::signing_failed, "signing.failed", Level::error, "id reason",
     "A message could not be signed although its key is there; sign.on_missing_key rules "
     "it."},
    {Event::sealing_failed, "sealing.failed", Level::warning, "id reason",
     "A message could not be sealed and goes on without a seal of ours."},
    {Event::trace_key_created, "trace.key_created", Level::info, "file",
     "A new secret for the trace header was made."},
    {Event::dns_failing, "dns.failing", Level::warning, "servers reason",
     "DNS questions find no answer; what mail experiences is ruled by the temperror keys."},
    {Event::dns_recovered, "dns.recovered", Level::info, "servers", "DNS answers again."},
    {Event::facts_not_written, "facts.not_written", Level::warning, "file reason",
     "The facts of a message could not be appended to log.facts."},
    {Event::journal_dropped, "journal.dropped", Level::warning, "file count",
     "So many decisions are not in the journal, since they came faster than they can be "
     "written. Told once a minute at most."},
    {Event::journal_trimmed, "journal.trimmed", Level::warning, "file oldest",
     "The journal reached journal.max_size and holds nothing older than that, though "
     "journal.keep asks for more. Told once a day at most."},
    {Event::journal_failing, "journal.failing", Level::warning, "file reason",
     "Decisions cannot be written into the journal and are left out; mail goes on."},
    {Event::journal_recovered, "journal.recovered", Level::info, "file missed",
     "The journal can be written again; so many decisions are not in it."},
    {Event::journal_damaged, "journal.damaged", Level::error, "file reason moved_to",
     "The journal is no database, or a damaged one. It was moved aside, and a new one is "
     "begun."},
    {Event::feedback_received, "feedback.received", Level::info,
     "id kind organisation report_id domain begin end messages author counted known",
     "A report about mail in a domain of ours came by mail and is kept (feedback.file). "
     "counted says whether feedback.believe has it count, known that it was there "
     "before."},
    {Event::feedback_refused, "feedback.refused", Level::info, "id author part reason",
     "Mail to an address of feedback.addresses holds nothing that can be read as a "
     "report, or a part that cannot; the reason says why."},
    {Event::feedback_dropped, "feedback.dropped", Level::warning, "count",
     "So much mail with reports was not looked through, since it came faster than it can "
     "be read. It was delivered; \"milterward report ingest\" reads it by hand. Told once "
     "a minute at most."},
    {Event::feedback_failing, "feedback.failing", Level::warning, "file reason",
     "Reports that came cannot be kept; their mail goes on."},
    {Event::feedback_recovered, "feedback.recovered", Level::info, "file missed",
     "Reports can be kept again; so many were not."},
    {Event::feedback_damaged, "feedback.damaged", Level::error, "file reason moved_to",
     "The database of reports is none, or a damaged one. It was moved aside, and a new "
     "one is begun."},
    {Event::egress_known, "egress.known", Level::info, "address list detail",
     "After a restart: what was told of an address of preflight.egress before it, and "
     "still "
     "holds; list=ptr is its name. Nobody is notified a second time."},
    {Event::egress_state_failing, "egress.state_failing", Level::warning, "file reason",
     "What is known of the addresses of preflight.egress could not be read from "
     "preflight.watch_state or written there: after a restart it is told again."},
    {Event::egress_listed, "egress.listed", Level::warning, "address list codes",
     "A list of [[dnsbl.list]] speaks against an address of preflight.egress: receivers "
     "who "
     "ask it refuse or mark down your mail. Find and stop what it was listed for, then ask "
     "the list to remove it."},
    {Event::egress_delisted, "egress.delisted", Level::info, "address list",
     "The list speaks against it no more."},
    {Event::egress_name_broken, "egress.name_broken", Level::warning, "address reason",
     "An address of preflight.egress has no name that leads back to it; large receivers "
     "refuse its mail."},
    {Event::egress_name_mended, "egress.name_mended", Level::info, "address name",
     "It has one again."},
    {Event::egress_unanswered, "egress.unanswered", Level::warning,
     "asked addresses reason",
     "Whether addresses of preflight.egress are listed, or have a name (asked=ptr), could "
     "not be asked twice in a row: it is \"unanswered\", \"refused\" (the list does not "
     "serve "
     "us) or \"unbelievable\" (it answers what no list may). What was known before counts "
     "on; told once until there is an answer."},
    {Event::egress_hook_failed, "egress.hook_failed", Level::error,
     "action address list reason",
     "The program of preflight.watch_hook did not take that an address was listed or "
     "delisted; it is called again after the next look."},
    {Event::report_made, "report.made", Level::info,
     "report kind domain begin end messages",
     "A period is over, and a report about it is written down to be sent."},
    {Event::report_sent, "report.sent", Level::info, "report kind domain to tries",
     "The mail server has taken a report."},
    {Event::report_waits, "report.waits", Level::warning,
     "report kind domain to tries reason",
     "A report could not be handed over and is tried again."},
    {Event::report_failed, "report.failed", Level::warning, "report kind domain to reason",
     "A report is not sent to this address: its domain has not agreed to take reports "
     "about that one, the mail server refused it, or three days (six hours of a failure "
     "report) were not enough."},
    {Event::report_suppressed, "report.suppressed", Level::warning, "to reason",
     "This address gets no reports for the time of report.suppress."},
    {Event::report_rows_dropped, "report.rows_dropped", Level::warning, "file count",
     "So many messages are in no report: they came faster than they can be written, or "
     "there were too many different ones, or report.max_size is reached, or its quarter "
     "for failure reports. Told once a minute at most."},
    {Event::report_failures_left_out, "report.failures_left_out", Level::info,
     "domain to reason messages",
     "So many messages are in no failure report: about this domain there were as many as "
     "report.failure_per_domain allows, or this address or its host had as many as "
     "report.failure_per_destination does. A limit that strangers can reach is no fault; "
     "aggregate reports count these messages all the same."},
    {Event::report_file_failing, "report.file_failing", Level::error, "file reason",
     "What is to be reported cannot be written down and is left out; mail goes on."},
    {Event::report_file_recovered, "report.file_recovered", Level::info, "file missed",
     "It can be written down again; so many messages are in no report."},
    {Event::report_store_failing, "report.store_failing", Level::warning, "store reason",
     "The store that hosts share (store.url) does not take what this one has to report; it "
     "waits in report.file and is tried again each minute. Told once for each reason."},
    {Event::report_alone, "report.alone", Level::warning, "store periods reason",
     "The store that hosts share has been away for six hours: this host reports what it "
     "has not offered to it by itself. So many domains and policies are reported apart "
     "from what other hosts saw."},
    {Event::report_lost_in_store, "report.lost_in_store", Level::error, "store what number",
     "The store that hosts share lists a period or a delivery that has gone from it: it "
     "was evicted, or somebody deleted it. It is struck off the list, and what it said is "
     "in no report."},
    {Event::store_may_evict, "store.may_evict", Level::warning, "store policy",
     "The Redis that hosts share may throw away what they keep there when its memory is "
     "full: its maxmemory-policy is this one and not noeviction."},
    {Event::quota_warning, "quota.warning", Level::warning,
     "id queue_id scope subject quota used limit",
     "A sender has used quota.warn_at percent of a limit."},
    {Event::store_opened, "store.opened", Level::info, "store counters logged damaged",
     "The store of counts is open; so many entries of its log were added to it."},
    {Event::store_damaged, "store.damaged", Level::error, "store counters logged damaged",
     "The store of counts is open, but lines of its log are unreadable and not counted."},
    {Event::store_failing, "store.failing", Level::error, "store reason",
     "Counts cannot be kept; mail that is to be counted is deferred, or counted by this "
     "daemon alone (store.on_outage)."},
    {Event::store_recovered, "store.recovered", Level::info, "store",
     "Counts can be kept again."},
    {Event::store_merged, "store.merged", Level::warning, "store counts overshoot",
     "What this daemon counted alone was added to the shared store; so much is the most by "
     "which a limit was passed."},
    {Event::account_changed, "account.changed", Level::info, "login action uid",
     "A postmaster reset, locked, unlocked or promoted an account; uid is the system user "
     "who asked."},
    {Event::account_burst, "account.burst", Level::warning,
     "login messages expected action",
     "An account sends far more today than on an average day (warmup.burst_factor): its "
     "password may be stolen."},
    {Event::account_trouble, "account.trouble", Level::warning,
     "id queue_id kind sender message_id recipient",
     "A message of an account on the ladder came back, or was complained about, and that "
     "is proven; sender, Message-ID and recipient are those of the message, of a complaint "
     "its Message-ID alone."},
    {Event::warmup_waits, "warmup.waits", Level::warning, "store for days",
     "The store is new or was silent for a week (for=store:resumed), or a class or the "
     "domains warm up for the first time (for=store:born:...): for so many days nobody of "
     "them is taken as new, and those that send have their plan."},
    {Event::notify_failed, "notify.failed", Level::warning, "by about reason count",
     "The hook or the webhook was not told of an event. One line a minute at most; count "
     "is how many failed since the last. The end of the daemon tells those that are left "
     "without about and reason."},
    {Event::notify_dropped, "notify.dropped", Level::warning, "by count",
     "So many notifications were given up: too many waited, or the daemon ended."},
    {Event::notify_helper_gone, "notify.helper_gone", Level::error, "by",
     "The process that runs the hook or posts to the webhook is gone; a restart of the "
     "daemon makes a new one."},
    {Event::callback_failed, "callback.failed", Level::error, "where reason",
     "A bug or no memory: this mail was told to come back later."},
});

}  // namespace

std::span<const EventRow> event_rows() noexcept { return rows; }

const EventRow& row_of(Event event) noexcept {
  const auto& row = rows[static_cast<std::size_t>(event)];
  return row.event == event ? row : (unreachable(), row);
}

std::string_view to_text(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  unreachable();
}

}  // namespace milterward
