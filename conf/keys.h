// SPDX-License-Identifier: Apache-2.0
// Every configuration key, declared once: the parser, the sample, the manual and the tests
// follow from these rows, and a default exists nowhere else. A new setting is a member in
// conf/settings/ and one row in keys.cpp, in inbound_keys.cpp, or in table_keys.cpp for a
// table that repeats.
#pragma once

#include <span>
#include <string_view>

#include "conf/config.h"
#include "conf/slot.h"
#include "conf/values.h"

namespace milterward::conf {

enum class Need { optional, required };

template <class Owner>
struct Key {
  std::string_view name;           // with its table: "dns.timeout", "sign.key.domain"
  Slot (*field)(Owner&);           // its type chooses the parser
  std::string_view fallback = "";  // lists: separated by blanks
  std::string_view help = "";
  std::string_view example = "";  // written like `fallback`, where that one says little
  Need need = Need::optional;
  Bounds bounds = {};
  std::string_view since = "0.1.0";

  /// The part behind the last dot, as it stands in its table.
  constexpr std::string_view short_name() const { return name.substr(name.rfind('.') + 1); }
  constexpr std::string_view table() const { return name.substr(0, name.rfind('.')); }
};

/// A table that is written once: [dns].
struct Section {
  std::string_view name;
  std::string_view help;
};

/// A table that repeats: [[sign.key]].
template <class Row>
struct Repeated {
  std::string_view name;
  std::string_view after;  // the section it follows in the manual
  std::string_view help;
  std::vector<Row>& (*rows)(Config&);
  std::span<const Key<Row>> keys;
  /// Where a row keeps its own policy for inbound mail. Its rows may say again what
  /// inbound_keys() say for all: `dmarc.on_quarantine = "reject"`.
  InboundSettings Row::*policy = nullptr;
};

/// In the order of the manual.
std::span<const Section> sections() noexcept;
/// All keys that occur once; those of one section stand together.
std::span<const Key<Config>> keys() noexcept;
/// Of them, those that say what becomes of inbound mail.
std::span<const Key<Config>> inbound_keys() noexcept;
/// Those that a row of [[recipient.policy]] may say again: all that lie in
/// Config::inbound, but for [exempt].
bool is_policy_of_recipients(const Key<Config>& key) noexcept;
/// Of them, those of [dnsbl]; in dnsbl_keys.cpp.
std::span<const Key<Config>> dnsbl_keys() noexcept;
/// Of them, those of [directory.sql]; in sql_keys.cpp.
std::span<const Key<Config>> sql_keys() noexcept;
/// Of them, those of [directory] and [identity]; in directory_keys.cpp.
std::span<const Key<Config>> directory_keys() noexcept;

/// The rows of [quota], [store] and [control], which keys() includes.
std::span<const Key<Config>> quota_keys() noexcept;
/// Those of [preflight], likewise.
std::span<const Key<Config>> preflight_keys() noexcept;
/// Those of [pkcs11], likewise.
std::span<const Key<Config>> pkcs11_keys() noexcept;
/// Those of [journal], likewise.
std::span<const Key<Config>> journal_keys() noexcept;
/// Those of [notify], likewise.
std::span<const Key<Config>> notify_keys() noexcept;
/// Those of [status], likewise.
std::span<const Key<Config>> status_keys() noexcept;
/// Those of [report], likewise.
std::span<const Key<Config>> report_keys() noexcept;
/// Those of [feedback], likewise.
std::span<const Key<Config>> feedback_keys() noexcept;

const Repeated<Listener>& listener_table() noexcept;
const Repeated<QuotaClass>& quota_class_table() noexcept;
const Repeated<QuotaDomain>& quota_domain_table() noexcept;
const Repeated<QuotaClient>& quota_client_table() noexcept;
const Repeated<QuotaEgress>& quota_egress_table() noexcept;
const Repeated<SigningKey>& signing_key_table() noexcept;
const Repeated<Account>& account_table() noexcept;
const Repeated<IdentityGroup>& identity_group_table() noexcept;
const Repeated<DmarcOverride>& dmarc_override_table() noexcept;
const Repeated<SigningKey>& sealing_key_table() noexcept;
const Repeated<RecipientPolicy>& recipient_policy_table() noexcept;
const Repeated<ReplyText>& reply_table() noexcept;
const Repeated<DnsList>& dns_list_table() noexcept;
const Repeated<ClientCertificate>& certificate_table() noexcept;

/// Calls `visit` with every repeating table, in the order of the manual.
template <class Visit>
void for_each_repeated(Visit&& visit) {
  visit(listener_table());
  visit(account_table());
  visit(identity_group_table());
  visit(sealing_key_table());
  visit(quota_class_table());
  visit(quota_domain_table());
  visit(quota_client_table());
  visit(quota_egress_table());
  visit(signing_key_table());
  visit(dmarc_override_table());
  visit(recipient_policy_table());
  visit(reply_table());
  visit(dns_list_table());
  visit(certificate_table());
}

/// Sets every key of one table to its default.
template <class Row>
void set_fallbacks(Row& row, std::span<const Key<Row>> rows) {
  for (const auto& key : rows)
    if (key.need == Need::optional) set_fallback(key.field(row), key.fallback, key.bounds);
}

}  // namespace milterward::conf
