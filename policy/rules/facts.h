// SPDX-License-Identifier: Apache-2.0
// What is known, step by step. Plain structs: a rule reads them and nothing else. Each
// lists its members once (`fields()`); equality, text, and the reader of cases follow from
// it (facts_text.h), so that a decision seen in production becomes a test by pasting its
// facts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "conf/settings/quota.h"
#include "policy/auth/arc/finding.h"
#include "policy/auth/arc/witness.h"
#include "policy/auth/dmarc/evaluate.h"
#include "policy/auth/dnsbl/dnsbl.h"
#include "policy/auth/helo/helo.h"
#include "policy/auth/iprev/iprev.h"
#include "policy/mail/domain.h"
#include "policy/mail/network.h"
#include "policy/ports/dkim.h"
#include "policy/ports/spf_checker.h"

namespace milterward::rules {

/// One member of a facts struct and the name it has in text.
template <class Owner, class Member>
struct FactField {
  std::string_view name;
  Member Owner::*member;
};
template <class Owner, class Member>
FactField(std::string_view, Member Owner::*) -> FactField<Owner, Member>;

struct ConnectFacts {
  IpAddress client;
  std::string client_name;
  bool client_is_trusted = false;   // in relay.trusted_networks
  bool client_is_upstream = false;  // in relay.upstream
  bool came_by_smtp = true;         // false: sendmail(1), pickup
  bool listener_is_submission = false;

  static constexpr auto fields() {
    return std::tuple{
        FactField{"client", &ConnectFacts::client},
        FactField{"client_name", &ConnectFacts::client_name},
        FactField{"client_is_trusted", &ConnectFacts::client_is_trusted},
        FactField{"client_is_upstream", &ConnectFacts::client_is_upstream},
        FactField{"came_by_smtp", &ConnectFacts::came_by_smtp},
        FactField{"listener_is_submission", &ConnectFacts::listener_is_submission}};
  }
  bool operator==(const ConnectFacts&) const = default;
};

/// May the sender write as an address? RFC 6409 section 6.1 lets a submission server ask.
enum class Claim {
  unbound,     // nobody asked: a stranger, or nobody owns anything
  owned,       // yes, or no address is claimed
  foreign,     // no, it is somebody else's
  unreadable,  // it names nobody beyond doubt
  unknown,     // the directory did not answer
};

struct SenderFacts : ConnectFacts {
  std::string helo;
  auth::HeloState helo_state = auth::HeloState::unremarkable;  // of a stranger's
  std::string certificate;  // the subject that [[relay.certificate]] names, "" for none
  std::string mail_from;    // without brackets; "" for the null sender
  std::string login;        // "" when the client did not authenticate; with its realm
  bool smtputf8 = false;    // an internationalized message (RFC 6531)
  std::string account_class;
  Claim mail_from_claim = Claim::unbound;

  bool client_is_authenticated() const noexcept { return !login.empty(); }
  bool client_is_certified() const noexcept { return !certificate.empty(); }

  static constexpr auto fields() {
    return std::tuple_cat(
        ConnectFacts::fields(),
        std::tuple{FactField{"helo", &SenderFacts::helo},
                   FactField{"helo_state", &SenderFacts::helo_state},
                   FactField{"certificate", &SenderFacts::certificate},
                   FactField{"mail_from", &SenderFacts::mail_from},
                   FactField{"login", &SenderFacts::login},
                   FactField{"smtputf8", &SenderFacts::smtputf8},
                   FactField{"class", &SenderFacts::account_class},
                   FactField{"mail_from_claim", &SenderFacts::mail_from_claim}});
  }
  bool operator==(const SenderFacts&) const = default;
};

/// Whose quota it is.
enum class QuotaScope { account, domain, client, egress };

/// One limit that applies to a message, and what its counter says.
struct QuotaFact {
  QuotaScope scope = QuotaScope::account;
  conf::QuotaMeasure measure = conf::QuotaMeasure::messages;
  std::string period;  // "hour", "day", "10m"
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
  bool fits = true;                 // this mail is within the limit, and counted in `used`
  std::chrono::seconds room_at{0};  // since 1970, where it does not fit; 0 for never
  std::string subject;              // whose counter: a login, a domain, an address
  bool operator==(const QuotaFact&) const = default;
};

/// What the MTA's {rcpt_mailer} and {rcpt_host} say of a recipient.
enum class NextHop { unknown, here, elsewhere, refused };

struct RecipientFacts : SenderFacts {
  std::string recipient;  // as given, without brackets
  bool recipient_is_malformed = false;
  bool recipient_hides_route =
      false;  // percent hack, bang path, source route, nested address
  bool recipient_has_no_domain = false;
  bool recipient_is_ours = false;  // its domain is, says the directory
  bool directory_is_silent = false;
  bool domains_are_configured = false;
  NextHop next_hop = NextHop::unknown;
  std::size_t recipients_before = 0;  // accepted for this message already
  std::vector<QuotaFact> quotas;
  bool store_is_unavailable = false;  // what is to be counted could not be
  std::string recipient_policy;       // rules/audience.h
  std::string message_policy;         // that of the first recipient; means nothing before
  bool account_is_locked = false;     // by a postmaster

  static constexpr auto fields() {
    return std::tuple_cat(
        SenderFacts::fields(),
        std::tuple{
            FactField{"recipient", &RecipientFacts::recipient},
            FactField{"recipient_is_malformed", &RecipientFacts::recipient_is_malformed},
            FactField{"recipient_hides_route", &RecipientFacts::recipient_hides_route},
            FactField{"recipient_has_no_domain", &RecipientFacts::recipient_has_no_domain},
            FactField{"recipient_is_ours", &RecipientFacts::recipient_is_ours},
            FactField{"directory_is_silent", &RecipientFacts::directory_is_silent},
            FactField{"domains_are_configured", &RecipientFacts::domains_are_configured},
            FactField{"next_hop", &RecipientFacts::next_hop},
            FactField{"recipients_before", &RecipientFacts::recipients_before},
            FactField{"quota", &RecipientFacts::quotas},
            FactField{"store_is_unavailable", &RecipientFacts::store_is_unavailable},
            FactField{"recipient_policy", &RecipientFacts::recipient_policy},
            FactField{"message_policy", &RecipientFacts::message_policy},
            FactField{"account_is_locked", &RecipientFacts::account_is_locked}});
  }
  bool operator==(const RecipientFacts&) const = default;
};

/// What is wrong with the From field, as far as a policy can speak of it. RFC 5322
/// section 3.6.2.
enum class FromState {
  one_domain,
  several_domains,   // as many as DMARC is evaluated for
  too_many_domains,  // more
  no_from,
  several_from,
  malformed,
  no_author
};

/// What a keyed trace header says of mail that comes back.
enum class Returned {
  no,
  entered_inbound,      // this very message entered as inbound mail
  entered_as_ours,      // this very message entered as a submission or local mail
  entered_as_stranger,  // changed since, but its author domain once entered unauthenticated
};

/// What the private keys of the author domain allow.
enum class SigningState {
  not_asked,       // inbound mail
  ready,           // every key of the domain can sign
  no_key,          // no key is configured for the domain
  key_unusable,    // a configured key could not be loaded
  not_entitled,    // the submitter may not use the domain
  keys_not_known,  // which keys there are: their directory or database did not answer
  not_known,       // whether the submitter may use it: the directory did not answer
  no_author,       // From is missing, doubled, unreadable, or names several domains
};

/// A DKIM finding as far as rules read it.
struct DkimFact {
  ports::DkimResult result = ports::DkimResult::none;
  std::string domain;
  std::string selector;
  std::string algorithm;
  bool operator==(const DkimFact&) const = default;
};

/// One ARC Set of a chain that holds, as far as rules and reports read it.
struct ArcSealFact {
  std::string domain;
  std::string selector;
  bool operator==(const ArcSealFact&) const = default;
};

/// What receivers may hold against a message of ours that leaves.
enum class Preflight {
  no_message_id,
  malformed_message_id,
  no_date,
  malformed_date,
  doubled_field,  // detail: its name
  long_line,      // detail: "header" or "body"
  unaligned,
  unsigned_bulk,
  no_unsubscribe,
  unsubscribe_unsigned,
  spf,     // detail: an address of ours, and the result
  no_ptr,  // detail: an address of ours
  no_dmarc,
};

struct PreflightFact {
  Preflight kind = Preflight::no_message_id;
  std::string detail;  // "" for most
  bool operator==(const PreflightFact&) const = default;
};

/// How a reader leaves the list that a message is from.
enum class Unsubscription {
  none,           // no List-Unsubscribe
  not_one_click,  // not as RFC 8058 wants it
  not_signed,     // as it wants it, but for a signature of the author's that covers it
  one_click,
};

struct MessageFacts : SenderFacts {
  std::vector<std::string> recipients;  // the first of them; recipient_count says how many
  std::size_t recipient_count = 0;
  std::vector<std::string> recipient_policies;  // that they have, each once; audience.h
  bool header_is_too_large = false;  // it was not kept; nothing else is known of it
  Returned returned = Returned::no;
  FromState from = FromState::one_domain;
  bool from_is_irregular = false;  // it breaks the grammar, or shows more than it says
  std::vector<std::string> author_domains;
  Claim author_claim = Claim::unbound;          // of all addresses in From and Sender
  std::string claimed;                          // the first of them that is foreign
  std::vector<std::string> our_author_domains;  // in a stranger's mail: those of ours
  bool directory_is_silent = false;             // about whether they are
  std::string dns_unanswered;  // the first DNS question that found no answer, "" for none
  IpAddress examined_client;   // where an upstream of ours names the client SPF is about
  bool is_delivery_report = false;         // says its Content-Type (RFC 3464)
  std::optional<auth::IprevResult> iprev;  // none: not checked
  std::string iprev_name;                  // a name of the client's
  std::vector<auth::Listing> listings;     // what lists in DNS answer for the client
  std::vector<auth::FaultyList> list_faults;
  ports::SpfResult spf = ports::SpfResult::none;
  ports::SpfResult helo_spf = ports::SpfResult::none;
  std::string spf_domain;
  bool spf_was_not_checked = false;  // the upstream did not say for whom to check it
  bool spf_is_exempt = false;        // the client examined is in spf.exempt
  std::vector<DkimFact> dkim;
  auth::ArcResult arc = auth::ArcResult::none;
  std::vector<ArcSealFact> arc_seals;  // oldest first; only of a chain that passed
  IpAddress arc_origin;                // whom its first sealer had the message from
  /// What sealers in arc.trusted_sealers saw pass, for which author domain.
  std::vector<auth::ArcWitness> arc_witnesses;
  /// A trusted sealer is said to have been the last, and DNS did not give a key: another
  /// try may find witnesses.
  bool arc_is_unfinished = false;
  auth::DmarcResult dmarc = auth::DmarcResult::none;
  auth::DmarcPolicy dmarc_policy = auth::DmarcPolicy::none;  // to apply, t=y considered
  auth::DmarcPolicy dmarc_published = auth::DmarcPolicy::none;
  std::string dmarc_domain;        // the author domain it speaks of
  std::string dmarc_organization;  // its organizational domain; "" when not known
  SigningState signing = SigningState::not_asked;
  std::vector<QuotaFact> quotas;
  bool store_is_unavailable = false;
  bool account_is_locked = false;
  bool is_preflighted = false;  // it leaves us, and the following was looked at
  std::vector<PreflightFact> preflight;
  std::string bulk_field;  // by which it is one message of many
  Unsubscription unsubscription = Unsubscription::none;
  bool signature_is_aligned = false;  // one it leaves with, with the only author
  bool mail_from_is_aligned = false;
  bool dmarc_is_missing = false;  // the author's organization publishes no record

  /// Whom SPF and iprev are about.
  const IpAddress& client_examined() const noexcept {
    return client_is_upstream ? examined_client : client;
  }

  static constexpr auto fields() {
    return std::tuple_cat(
        SenderFacts::fields(),
        std::tuple{FactField{"recipient", &MessageFacts::recipients},
                   FactField{"recipient_count", &MessageFacts::recipient_count},
                   FactField{"recipient_policy", &MessageFacts::recipient_policies},
                   FactField{"header_is_too_large", &MessageFacts::header_is_too_large},
                   FactField{"returned", &MessageFacts::returned},
                   FactField{"from", &MessageFacts::from},
                   FactField{"from_is_irregular", &MessageFacts::from_is_irregular},
                   FactField{"is_delivery_report", &MessageFacts::is_delivery_report},
                   FactField{"author_domain", &MessageFacts::author_domains},
                   FactField{"author_claim", &MessageFacts::author_claim},
                   FactField{"claimed", &MessageFacts::claimed},
                   FactField{"our_author_domain", &MessageFacts::our_author_domains},
                   FactField{"directory_is_silent", &MessageFacts::directory_is_silent},
                   FactField{"dns_unanswered", &MessageFacts::dns_unanswered},
                   FactField{"examined_client", &MessageFacts::examined_client},
                   FactField{"iprev", &MessageFacts::iprev},
                   FactField{"iprev_name", &MessageFacts::iprev_name},
                   FactField{"listing", &MessageFacts::listings},
                   FactField{"list_fault", &MessageFacts::list_faults},
                   FactField{"spf", &MessageFacts::spf},
                   FactField{"helo_spf", &MessageFacts::helo_spf},
                   FactField{"spf_domain", &MessageFacts::spf_domain},
                   FactField{"spf_was_not_checked", &MessageFacts::spf_was_not_checked},
                   FactField{"spf_is_exempt", &MessageFacts::spf_is_exempt},
                   FactField{"dkim", &MessageFacts::dkim},
                   FactField{"arc", &MessageFacts::arc},
                   FactField{"arc_seal", &MessageFacts::arc_seals},
                   FactField{"arc_origin", &MessageFacts::arc_origin},
                   FactField{"arc_witness", &MessageFacts::arc_witnesses},
                   FactField{"arc_is_unfinished", &MessageFacts::arc_is_unfinished},
                   FactField{"dmarc", &MessageFacts::dmarc},
                   FactField{"dmarc_policy", &MessageFacts::dmarc_policy},
                   FactField{"dmarc_published", &MessageFacts::dmarc_published},
                   FactField{"dmarc_domain", &MessageFacts::dmarc_domain},
                   FactField{"dmarc_organization", &MessageFacts::dmarc_organization},
                   FactField{"signing", &MessageFacts::signing},
                   FactField{"quota", &MessageFacts::quotas},
                   FactField{"store_is_unavailable", &MessageFacts::store_is_unavailable},
                   FactField{"account_is_locked", &MessageFacts::account_is_locked},
                   FactField{"is_preflighted", &MessageFacts::is_preflighted},
                   FactField{"preflight", &MessageFacts::preflight},
                   FactField{"bulk_field", &MessageFacts::bulk_field},
                   FactField{"unsubscription", &MessageFacts::unsubscription},
                   FactField{"signature_is_aligned", &MessageFacts::signature_is_aligned},
                   FactField{"mail_from_is_aligned", &MessageFacts::mail_from_is_aligned},
                   FactField{"dmarc_is_missing", &MessageFacts::dmarc_is_missing}});
  }
  bool operator==(const MessageFacts&) const = default;
};

}  // namespace milterward::rules
