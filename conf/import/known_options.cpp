// SPDX-License-Identifier: Apache-2.0
#include "conf/import/known_options.h"

#include <fmt/format.h>

#include <array>

#include "policy/base/ascii.h"

namespace milterward::importing {
namespace {

constexpr auto covered = Outcome::covered;
constexpr auto look = Outcome::look;
constexpr auto lost = Outcome::no_counterpart;

constexpr std::string_view own_process =
    "Milterward runs under systemd with a user, a socket and a life of its own";
constexpr std::string_view own_socket =
    "Milterward has a socket of its own; in smtpd_milters of main.cf (or INPUT_MAIL_FILTER "
    "of "
    "sendmail.mc) put it in the place of this one";
constexpr std::string_view always_logged = "every message is one log line, with the reason";
constexpr std::string_view no_reports =
    "Milterward sends no reports of single signatures (RFC 6651)";
constexpr std::string_view own_failures =
    "failure reports are made and sent by Milterward itself: report.failure and "
    "report.from "
    "switch them on";
constexpr std::string_view own_history =
    "aggregate reports are collected and sent by Milterward itself: report.send and "
    "report.from switch them on";
constexpr std::string_view no_scripts = "Milterward runs no scripts on mail";
constexpr std::string_view no_ldap = "Milterward asks no LDAP server for keys or domains";
constexpr std::string_view no_adsp =
    "an experiment that no receiver takes part in any more";
constexpr std::string_view debugging = "a means of debugging";

/// Of all that run as daemons or write the field.
constexpr auto shared_rows = std::to_array<KnownOption>({
    {"AuthservIDWithJobID", lost, "the authserv-id is always the bare name (RFC 8601)"},
    {"AutoRestart", covered, own_process},
    {"AutoRestartCount", covered, own_process},
    {"AutoRestartRate", covered, own_process},
    {"Background", covered, own_process},
    {"BaseDirectory", covered, "relative names were taken from there"},
    {"EnableCoredumps", covered, own_process},
    {"MilterDebug", covered, debugging},
    {"PidFile", covered, own_process},
    {"Socket", covered, own_socket},
    {"SoftwareHeader", covered, "no field tells the version of the filter"},
    {"UMask", covered, own_process},
    {"UserID", covered, own_process},
});

constexpr auto opendkim_rows = std::to_array<KnownOption>({
    {"AllowSHA1Only", covered, "signatures by SHA-1 are not accepted (RFC 8301)"},
    {"AlwaysAddARHeader", covered,
     "mail of strangers always gets an Authentication-Results field"},
    {"BodyLengthDB", lost, "Milterward signs whole bodies, never with l="},
    {"BogusKey", lost, "an answer that DNSSEC calls bogus is a temperror here"},
    {"CaptureUnknownErrors", covered,
     "mail meets a temporary refusal after a fault of ours"},
    {"ChangeRootDirectory", look,
     "names of files were seen from inside that directory; see that those of [[sign.key]] "
     "are right"},
    {"ClockDrift", covered, "clocks may differ by some minutes"},
    {"Diagnostics", lost, "signatures carry no z="},
    {"DiagnosticDirectory", lost, debugging},
    {"DisableCryptoInit", covered, own_process},
    {"DNSConnect", covered, "the resolver chooses between UDP and TCP"},
    {"DomainKeysCompat", lost, "DomainKeys was withdrawn (RFC 4870)"},
    {"DontSignMailTo", lost, "mail is signed whoever it is for"},
    {"ExemptDomains", look,
     "no author's domain is left alone by what it says of itself; [[dmarc.override]] can "
     "name domains together with how their mail comes"},
    {"ExternalIgnoreList", covered,
     "it only silenced log lines; strangers who use your domains are the matter of "
     "inbound.on_our_domain"},
    {"FixCRLF", covered, "the mail server hands over lines that end in CRLF"},
    {"IdentityHeader", lost, "i= does not come from a header field"},
    {"IdentityHeaderRemove", lost, "i= does not come from a header field"},
    {"IgnoreMalformedMail", covered, "inbound.mode \"monitor\" only records"},
    {"KeepAuthResults", lost, "fields under our own name are forged, and always removed"},
    {"KeepTemporaryFiles", lost, debugging},
    {"LDAPAuthMechanism", lost, no_ldap},
    {"LDAPAuthName", lost, no_ldap},
    {"LDAPAuthRealm", lost, no_ldap},
    {"LDAPAuthUser", lost, no_ldap},
    {"LDAPBindPassword", lost, no_ldap},
    {"LDAPBindUser", lost, no_ldap},
    {"LDAPDisableCache", lost, no_ldap},
    {"LDAPKeepaliveIdle", lost, no_ldap},
    {"LDAPKeepaliveInterval", lost, no_ldap},
    {"LDAPKeepaliveProbes", lost, no_ldap},
    {"LDAPTimeout", lost, no_ldap},
    {"LDAPUseTLS", lost, no_ldap},
    {"LogResults", covered, always_logged},
    {"LogWhy", covered, always_logged},
    {"MacroList", look,
     "whose mail is signed does not hang on macros: it is that of logins and of "
     "relay.trusted_networks; a content filter that hands mail in again belongs there"},
    {"MaximumHeaders", covered, "long headers have a limit of their own"},
    {"MaximumSignaturesToVerify", covered, "the number of signatures has a limit"},
    {"MaximumSignedBytes", lost, "Milterward signs whole bodies, never with l="},
    {"Minimum", look,
     "dkim.body_length = \"whole\", our default, accepts l= only where it is the whole "
     "body"},
    {"MTA", look,
     "whose mail is signed does not hang on the name of a listener: it is that of logins "
     "and "
     "of relay.trusted_networks"},
    {"MTACommand", lost, no_reports},
    {"MustBeSigned", lost, "which fields a stranger has to sign is not asked"},
    {"NoHeaderB", covered,
     "header.b is written where it tells signatures apart (RFC 6008)"},
    {"On-InternalError", covered, "after a fault of ours mail is told to come back later"},
    {"On-PolicyError", lost, no_adsp},
    {"On-Security", covered,
     "what is unsafe about a signature is a result of DKIM, for which dkim.on_policy is"},
    {"POPDBFile", lost, "POP before SMTP is no login"},
    {"QueryCache", covered, "DNS answers are kept for as long as their TTL allows"},
    {"RemoveARAll", covered, "whole fields under our own name are removed"},
    {"RemoveOldSignatures", lost,
     "signatures that are there stay; a broken one does no harm (RFC 6376 section 6.1)"},
    {"ReplaceHeaders", lost, "the form that Postfix and Sendmail send is known and signed"},
    {"ReplaceRules", lost, "the form that Postfix and Sendmail send is known and signed"},
    {"ReportAddress", lost, no_reports},
    {"ReportBccAddress", lost, no_reports},
    {"RequestReports", lost, "signatures carry no r="},
    {"RequireSafeKeys", covered, "a key that others may read is refused always"},
    {"ResignAll", lost, "forwarded mail is sealed, see arc.seal"},
    {"ResignMailTo", lost, "forwarded mail is sealed, see arc.seal"},
    {"ResolverConfiguration", look, "name the servers themselves in dns.servers"},
    {"ResolverTracing", covered, debugging},
    {"SelectCanonicalizationHeader", lost, "a field of the message does not choose c="},
    {"SenderMacro", lost, "the author of From chooses the key"},
    {"SendReports", lost, no_reports},
    {"ScreenPolicyScript", lost, no_scripts},
    {"SetupPolicyScript", lost, no_scripts},
    {"FinalPolicyScript", lost, no_scripts},
    {"StatisticsPolicyScript", lost, no_scripts},
    {"SMTPURI", lost, no_reports},
    {"SoftStart", covered,
     "a database that is away does not keep the daemon from starting"},
    {"Statistics", lost, "the log has all of it, one line for each message"},
    {"StatisticsName", lost, "the log has all of it, one line for each message"},
    {"StatisticsPrefix", lost, "the log has all of it, one line for each message"},
    {"StrictHeaders", look, "see inbound.no_from and the keys beside it"},
    {"StrictTestMode", covered, debugging},
    {"SyslogName", lost, "the name in the log is milterward"},
    {"SyslogSuccess", covered, always_logged},
    {"TemporaryDirectory", covered, "nothing is written for a while"},
    {"TestDNSData", covered, debugging},
    {"TestPublicKeys", covered, debugging},
    {"TrustSignaturesFrom", lost,
     "a signature of another domain than the author's does not count for DMARC anyway"},
    {"UnprotectedKey", lost, "whether DNSSEC protects a key makes no difference"},
    {"VBR-Certifiers", lost, no_adsp},
    {"VBR-PurgeFields", lost, no_adsp},
    {"VBR-TrustedCertifiers", lost, no_adsp},
    {"VBR-TrustedCertifiersOnly", lost, no_adsp},
    {"VBR-Type", lost, no_adsp},
    {"ADSPAction", lost, no_adsp},
    {"ADSPNoSuchDomain", lost, no_adsp},
    {"ATPSDomains", lost, no_adsp},
    {"ATPSHashAlgorithm", lost, no_adsp},
    {"WeakSyntaxChecks", covered, "mail is looked at however malformed it is"},
    {"X-Header", covered, "no field tells the version of the filter"},
});

constexpr auto opendmarc_rows = std::to_array<KnownOption>({
    {"ChangeRootDirectory", covered, own_process},
    {"CopyFailuresTo", lost,
     "no copies are made; the action \"redirect\" delivers elsewhere instead"},
    {"DomainWhitelistSize", covered, "lists have no size"},
    {"FailureReports", lost, own_failures},
    {"FailureReportsBcc", lost, own_failures},
    {"FailureReportsOnNone", lost, own_failures},
    {"FailureReportsSentBy", lost, own_failures},
    {"HistoryFile", lost, own_history},
    {"IgnoreAuthenticatedClients", covered,
     "mail of logins is never treated as a stranger's"},
    {"IgnoreMailTo", lost, no_reports},
    {"PublicSuffixList", covered,
     "domains that belong together are found in DNS (RFC 9989); dmarc.discovery = \"psl\" "
     "uses the list of the system"},
    {"RecordAllMessages", lost, own_history},
    {"ReportCommand", lost, no_reports},
    {"SPFIgnoreResults", covered, "SPF is evaluated here, from the client and MAIL FROM"},
    {"SPFSelfValidate", covered, "SPF is evaluated here, from the client and MAIL FROM"},
});

constexpr auto spf_engine_rows = std::to_array<KnownOption>({
    {"debugLevel", covered, always_logged},
    {"Domain_Whitelist", look,
     "whose SPF record names the client is not asked; give the forwarder's networks to "
     "spf.exempt"},
    {"HELO_pass_restriction", lost, "Milterward knows no restrictions of Postfix"},
    {"Mail_From_pass_restriction", lost, "Milterward knows no restrictions of Postfix"},
    {"Hide_Receiver", covered, "results never name the recipient"},
    {"IntHosts", covered, "of its own making"},
    {"InternalHosts", look, "of the milter; name them in relay.trusted_networks"},
    {"MacroList", look, "of the milter; whose mail is ours is said by logins and networks"},
    {"Mock", covered, "one filter sees all its own results"},
    {"No_Mail", lost,
     "\"v=spf1 -all\" is no finding of its own; spf.on_fail is for all fails"},
    {"Prospective", lost,
     "\"milterward spf --ip ADDRESS --sender ADDRESS\" asks that by hand"},
    {"QueueID", covered, "every line of the log has it"},
    {"Reject_Not_Pass_Domains", lost,
     "what SPF leads to does not depend on the sender's domain"},
    {"SPF_Enhanced_Status_Codes", covered, "replies carry the codes of RFC 7372"},
    {"Void_Limit", covered, "RFC 7208 section 4.6.4: two"},
    {"Whitelist_Lookup_Time", covered, "see dns.timeout"},
    {"Per_User", lost, "[[recipient.policy]] is for domains of recipients"},
});

constexpr auto dkimpy_rows = std::to_array<KnownOption>({
    {"DiagnosticDirectory", lost, debugging},
    {"DNSOverride", covered, debugging},
    {"MacroListVerify", look,
     "whose mail is signed does not hang on macros: it is that of logins and of "
     "relay.trusted_networks"},
    {"debugLevel", covered, debugging},
    {"IntHosts", covered, "of its own making"},
    {"PeerList", covered, "dkimpy-milter never did anything with it"},
    {"OmitHeaders", covered, "dkimpy-milter never did anything with it"},
});

bool says_no(std::string_view value) {
  return equal_ignoring_case(value, "no") || equal_ignoring_case(value, "false") ||
         equal_ignoring_case(value, "n") || value == "0";
}

}  // namespace

std::span<const KnownOption> opendkim_options() noexcept { return opendkim_rows; }
std::span<const KnownOption> opendmarc_options() noexcept { return opendmarc_rows; }
std::span<const KnownOption> spf_engine_options() noexcept { return spf_engine_rows; }
std::span<const KnownOption> dkimpy_options() noexcept { return dkimpy_rows; }

bool tell_known(Draft& draft, const Option& option, std::span<const KnownOption> known) {
  const KnownOption* found = nullptr;
  for (const auto rows : {known, std::span<const KnownOption>{shared_rows}})
    for (const auto& row : rows)
      if (found == nullptr && equal_ignoring_case(row.name, option.name)) found = &row;
  if (found == nullptr) return false;
  if (found->outcome != covered && says_no(option.value))
    draft.tell(covered, option.origin, "it is switched off");
  else
    draft.tell(found->outcome, option.origin, std::string{found->why});
  return true;
}

void tell_unknown(Draft& draft, const Option& option, std::string_view daemon) {
  draft.tell(Outcome::look, option.origin,
             fmt::format("{} has no such option that we know of", daemon));
}

}  // namespace milterward::importing
