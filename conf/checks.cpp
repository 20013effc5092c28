// SPDX-License-Identifier: Apache-2.0
#include "conf/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "conf/feedback_checks.h"
#include "conf/keys.h"
#include "conf/network_checks.h"
#include "conf/notify_checks.h"
#include "conf/quota_checks.h"
#include "conf/report_checks.h"
#include "conf/sql_places.h"
#include "conf/token_checks.h"
#include "policy/base/ascii.h"

namespace milterward::conf {
namespace {

using Findings = std::vector<Finding>;

Findings check_relay(const Config& config) {
  const bool knows_domains = !config.relay.domains.empty() ||
                             !config.directory.domain_files.empty() ||
                             !config.directory.sql.domain_query.empty();
  if (config.relay.mode != Mode::enforce || knows_domains) return {};
  return {
      {Severity::warning, "relay.mode",
       "with \"enforce\" and no relay.domains, mail of strangers is deferred unless the "
       "mail server itself delivers it here",
       "name your domains in relay.domains"}};
}

/// Words in the names of authorities that issue to everybody who has a domain.
constexpr auto public_authorities = std::to_array<std::string_view>(
    {"Let's Encrypt", "DigiCert", "Sectigo",   "GlobalSign", "GTS ",      "Google Trust",
     "ZeroSSL",       "GoDaddy",  "Go Daddy",  "Entrust",    "Actalis",   "Buypass",
     "Amazon",        "COMODO",   "USERTrust", "Certum",     "SwissSign", "IdenTrust",
     "SSL.com",       "HARICA",   "GEANT",     "T-TeleSec"});

/// "R3", "E10", "WR2", "WE1": how Let's Encrypt and Google call those that sign.
bool is_short_name_of_a_public_one(std::string_view name) {
  if (name.starts_with('W')) name.remove_prefix(1);
  if (name.size() < 2 || name.size() > 3 || (name[0] != 'R' && name[0] != 'E'))
    return false;
  return std::all_of(name.begin() + 1, name.end(), is_digit);
}

Findings check_certificates(const std::vector<ClientCertificate>& rows) {
  Findings found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto place = fmt::format("relay.certificate[{}]", i);
    const auto& issuer = rows[i].issuer;
    if (issuer.starts_with('/') != rows[i].subject.starts_with('/'))
      found.push_back(
          {Severity::error, place,
           "names one by its common name and the other by its distinguished name",
           "write both in the same way"});
    const auto common = issuer.substr(
        issuer.rfind("CN=") == std::string::npos ? 0 : issuer.rfind("CN=") + 3);
    const bool is_public = is_short_name_of_a_public_one(common) ||
                           std::any_of(public_authorities.begin(), public_authorities.end(),
                                       [&](std::string_view word) {
                                         return issuer.find(word) != std::string::npos;
                                       });
    if (is_public)
      found.push_back(
          {Severity::warning, place + ".issuer",
           "looks like a public authority: it may give the same names to others, "
           "and another authority may bear its name",
           "issue client certificates by an authority of your own"});
  }
  return found;
}

Findings check_authres(const AuthresSettings& authres, const RelaySettings& relay) {
  if (authres.keep_from_upstream.empty() || !relay.upstream.empty()) return {};
  return {{Severity::warning, "authres.keep_from_upstream",
           "keeps nothing while relay.upstream is empty",
           "name the gateways in relay.upstream"}};
}

Findings check_preflight(const PreflightSettings& preflight,
                         const std::vector<DnsList>& lists) {
  Findings found;
  for (const auto& network : preflight.egress)
    if (network.prefix() != (network.address().is_v4() ? 32U : 128U))
      found.push_back({Severity::error, "preflight.egress",
                       fmt::format("{} is a network", network.text()),
                       "name each address that mail leaves from"});
  const bool is_watched = preflight.watch_every.count() > 0 && !preflight.egress.empty();
  if (preflight.watch_every.count() > 0 && preflight.watch_every < std::chrono::minutes{1})
    found.push_back({Severity::error, "preflight.watch_every",
                     "is shorter than a minute, and lists are somebody's service",
                     "write \"1m\" or more, or \"0s\" for never"});
  if (!preflight.watch_hook.empty() && !is_watched)
    found.push_back({Severity::warning, "preflight.watch_hook", "nothing calls it",
                     "name the addresses in preflight.egress, and say in "
                     "preflight.watch_every how often they are looked at"});
  else if (!preflight.watch_hook.empty() && lists.empty())
    found.push_back({Severity::warning, "preflight.watch_hook",
                     "nothing calls it, since no list is asked",
                     "name lists in [[dnsbl.list]]"});
  return found;
}

Findings check_reject(DmarcReject reject) {
  if (reject != DmarcReject::always) return {};
  return {{Severity::warning, "dmarc.reject",
           "\"always\" refuses honest mail of lists and forwarders (RFC 9989 section 7.4)",
           "use \"corroborated\""}};
}

Findings check_overrides(const std::vector<DmarcOverride>& rows) {
  Findings found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const auto place = fmt::format("dmarc.override[{}]", i);
    const bool names_a_way =
        !row.networks.empty() || !row.hosts.empty() || !row.authenticated.empty();
    if (!names_a_way && row.author_domains.empty())
      found.push_back({Severity::error, place, "fits every message",
                       "name author_domains, networks, hosts or authenticated"});
    else if (!names_a_way && row.treat_as == TreatAs::none)
      found.push_back({Severity::warning, place + ".author_domains",
                       "anybody may write as these domains",
                       "name networks, hosts or authenticated as well"});
  }
  return found;
}

Findings check_recipients(const RecipientSettings& recipient) {
  Findings found;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < recipient.policies.size(); ++i) {
    const auto& domains = recipient.policies[i].domains;
    if (domains.empty())
      found.push_back({Severity::error, fmt::format("recipient.policy[{}].domains", i),
                       "names no domain", "name one, or remove the policy"});
    for (std::size_t j = 0; j < domains.size(); ++j) {
      const auto name = (domains[j].subdomains_only ? "." : "") + domains[j].domain.name();
      if (!seen.insert(name).second)
        found.push_back({Severity::error,
                         fmt::format("recipient.policy[{}].domains[{}]", i, j),
                         fmt::format("{} has a policy above already", name),
                         "keep it in one of the two"});
    }
  }
  return found;
}

Findings check_replies(const std::vector<ReplyText>& replies) {
  Findings found;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& [rule, text] = replies[i];
    if (rule.starts_with("dmarc.") && text.find("DMARC") == std::string::npos)
      found.push_back({Severity::error, fmt::format("reply[{}].text", i),
                       "does not name DMARC (RFC 9989 section 7.2)",
                       "let senders know which policy refused their mail"});
    if (!seen.insert(rule).second)
      found.push_back({Severity::error, fmt::format("reply[{}].rule", i),
                       fmt::format("{} has a text above already", rule),
                       "keep one of the two"});
  }
  return found;
}

Findings check_redirects(Config config) {
  Findings found;
  for (std::size_t i = 0; i < config.recipient.policies.size(); ++i) {
    auto row = config;
    row.inbound = config.recipient.policies[i].inbound;
    row.recipient.policies.clear();
    for (auto& inner : check_redirects(row))
      found.push_back({inner.severity,
                       fmt::format("recipient.policy[{}].{}", i, inner.place), inner.wrong,
                       inner.way_out});
  }
  if (!config.inbound.redirect_to.empty()) return found;
  for (const auto& key : keys()) {
    const auto slot = key.field(config);
    const auto* action = std::get_if<Action*>(&slot);
    if (action && **action == Action::redirect)
      found.push_back({Severity::error, std::string{key.name},
                       "redirects, and there is no inbound.redirect_to",
                       "name the mailbox in inbound.redirect_to"});
  }
  return found;
}

/// RFC 6376 section 6.3: what is wrong with a signature now is wrong the next time.
Findings check_dkim(const DkimActions& dkim) {
  Findings found;
  const auto look_at = [&](Action action, const char* key) {
    if (action == Action::defer)
      found.push_back({Severity::warning, key,
                       "defers mail whose signature will be no better when it comes again",
                       "only dkim.on_temperror is the place for \"defer\""});
  };
  look_at(dkim.none, "dkim.on_none");
  look_at(dkim.fail, "dkim.on_fail");
  look_at(dkim.policy, "dkim.on_policy");
  look_at(dkim.neutral, "dkim.on_neutral");
  look_at(dkim.permerror, "dkim.on_permerror");
  return found;
}

/// RFC 5782 section 2.4: an IPv6 client takes 64 octets before the zone.
constexpr std::size_t longest_zone = 253 - 64;

Findings check_lists(const DnsblSettings& dnsbl) {
  Findings found;
  const auto& rows = dnsbl.lists;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto place = fmt::format("dnsbl.list[{}]", i);
    if (rows[i].zone.name().size() > longest_zone)
      found.push_back({Severity::error, place + ".zone",
                       "is too long to be asked about an IPv6 client", "see its spelling"});
    const auto other = std::find_if(
        rows.begin(), rows.begin() + static_cast<long>(i), [&](const DnsList& row) {
          return (row.zone == rows[i].zone) != (row.shown() == rows[i].shown());
        });
    if (other != rows.begin() + static_cast<long>(i))
      found.push_back({Severity::error, place + ".name",
                       fmt::format("{} is called {} here, and {} is called {} above",
                                   rows[i].zone.name(), rows[i].shown(), other->zone.name(),
                                   other->shown()),
                       "give each zone one name of its own"});
  }
  if (dnsbl.badly_listed_score < dnsbl.listed_score)
    found.push_back({Severity::error, "dnsbl.badly_listed_score",
                     "is less than dnsbl.listed_score", "write the same, or more"});
  return found;
}

Findings check_listeners(const std::vector<Listener>& listeners) {
  Findings found;
  for (std::size_t i = 0; i < listeners.size(); ++i)
    if (listeners[i].port.empty() && listeners[i].name.empty())
      found.push_back({Severity::error, fmt::format("listener[{}]", i),
                       "has neither port nor name", "write for example port = \"587\""});
  return found;
}

Findings check_deadlines(const DnsSettings& dns) {
  if (dns.message_deadline >= dns.timeout) return {};
  return {{Severity::warning, "dns.message_deadline",
           "is shorter than dns.timeout, which therefore never passes",
           "make it longer than dns.timeout"}};
}

/// A queue tries for 5 days by default; a day is the least that gives mail a chance.
constexpr std::chrono::hours shortest_validity{24};

Findings check_accounts(const Config& config) {
  Findings found;
  const auto& accounts = config.directory.accounts;
  for (std::size_t i = 0; i < accounts.size(); ++i)
    if (accounts[i].may_use.empty() && accounts[i].account_class.empty() &&
        !accounts[i].is_established)
      found.push_back(
          {Severity::error, fmt::format("directory.account[{}]", i),
           fmt::format("nothing is said of \"{}\"", printable(accounts[i].login, 80)),
           "give it may_use or class, or remove it"});
  return found;
}

Findings check_sealing(const ArcSettings& arc) {
  if (arc.seal == SealMail::off || !arc.keys.empty()) return {};
  return {{Severity::error, "arc.seal", "there is no key to seal by",
           "name one in [[arc.key]], or write \"off\""}};
}

Findings check_sql(const SqlSettings& sql) {
  Findings found;
  const std::array queries{&sql.domain_query, &sql.owner_query, &sql.class_query,
                           &sql.established_query, &sql.key_query};
  const bool asks = std::any_of(queries.begin(), queries.end(),
                                [](const auto* query) { return !query->empty(); });
  if (sql.engine == SqlEngine::none) {
    if (asks)
      found.push_back({Severity::error, "directory.sql", "has queries and no engine",
                       "name one in directory.sql.engine"});
    return found;
  }
  if (sql.connection.empty())
    found.push_back({Severity::error, "directory.sql.connection", "is empty",
                     "say how to reach the database"});
  if (!asks)
    found.push_back({Severity::error, "directory.sql", "has no query",
                     "write one, or engine = \"none\""});
  // Without a place a query asks the same about everybody.
  const auto want_place = [&](const char* key, const std::string& query,
                              std::initializer_list<std::string_view> names) {
    if (query.empty() ||
        std::any_of(names.begin(), names.end(),
                    [&](std::string_view name) { return has_place(query, name); }))
      return;
    found.push_back({Severity::error, key, "asks the same about everybody",
                     fmt::format("put :{} into it", *names.begin())});
  };
  want_place("directory.sql.domain_query", sql.domain_query, {"domain"});
  want_place("directory.sql.owner_query", sql.owner_query, {"address", "local", "domain"});
  want_place("directory.sql.class_query", sql.class_query, {"login"});
  want_place("directory.sql.established_query", sql.established_query, {"login"});
  want_place("directory.sql.key_query", sql.key_query, {"domain"});
  return found;
}

bool says_who_owns_what(const DirectorySettings& directory) {
  return directory.login_is_address || !directory.owner_files.empty() ||
         !directory.sql.owner_query.empty() ||
         std::any_of(directory.accounts.begin(), directory.accounts.end(),
                     [](const Account& account) { return !account.may_use.empty(); });
}

Findings check_owners(const Config& config) {
  if (says_who_owns_what(config.directory)) return {};
  Findings found;
  std::set<Domain> signed_domains;
  for (const auto& key : config.sign.keys) signed_domains.insert(key.domain);
  if (signed_domains.size() > 1)
    found.push_back({Severity::warning, "sign.key",
                     fmt::format("{} domains are signed and nobody owns any: every "
                                 "submitter may sign as each of them",
                                 signed_domains.size()),
                     "say in [directory] who may use which"});
  if (config.identity.mode >= IdentityMode::tag)
    found.push_back({Severity::warning, "identity.mode",
                     "nobody owns an address, so every login may write as anybody",
                     "say in [directory] who may use which"});
  return found;
}

Findings check_groups(const std::vector<IdentityGroup>& groups) {
  Findings found;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (!seen.insert(groups[i].account_class).second)
      found.push_back({Severity::error, fmt::format("identity.group[{}].class", i),
                       fmt::format("\"{}\" has a group above already",
                                   printable(groups[i].account_class, 80)),
                       "keep one of the two"});
  return found;
}

}  // namespace

Findings check_key_life(const SignSettings& sign) {
  const bool rotates = sign.rotate_every.count() > 0;
  if (rotates && sign.directory.empty())
    return {{Severity::error, "sign.rotate_every", "there is no directory of keys",
             "name one in sign.directory, or write \"0s\""}};
  if (!rotates && !sign.publish_hook.empty())
    return {{Severity::warning, "sign.publish_hook", "nothing calls it",
             "say in sign.rotate_every how old keys become"}};
  return {};
}

std::vector<Finding> check_signing_keys(const std::vector<SigningKey>& keys) {
  Findings found;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto name =
        fmt::format("{}._domainkey.{}", to_lower(keys[i].selector), keys[i].domain.name());
    if (!seen.insert(name).second)
      found.push_back({Severity::error, fmt::format("sign.key[{}].selector", i),
                       fmt::format("{} names a key above already", name),
                       "give each key of a domain a selector of its own"});
    const std::string_view identity = keys[i].identity;
    const auto domain = Domain::parse(identity.substr(identity.rfind('@') + 1));
    if (domain && !domain->is_within(keys[i].domain))
      found.push_back({Severity::error, fmt::format("sign.key[{}].identity", i),
                       fmt::format("{} is not within {}, as i= must be", domain->name(),
                                   keys[i].domain.name()),
                       "name the domain of the key, one below it, or nothing"});
    if (keys[i].expires_after.count() > 0 && keys[i].expires_after < shortest_validity)
      found.push_back({Severity::warning, fmt::format("sign.key[{}].expires_after", i),
                       "is shorter than mail may wait in a queue",
                       "allow some days, or write \"0s\" for no end"});
  }
  return found;
}

std::vector<Finding> check(const Config& config) {
  Findings all;
  for (auto&& found : {check_networks(config),
                       check_relay(config),
                       check_certificates(config.relay.certificates),
                       check_reject(config.inbound.dmarc_reject),
                       check_overrides(config.inbound.dmarc_overrides),
                       check_redirects(config),
                       check_recipients(config.recipient),
                       check_replies(config.replies),
                       check_dkim(config.inbound.dkim),
                       check_listeners(config.listeners),
                       check_lists(config.inbound.dnsbl),
                       check_preflight(config.preflight, config.inbound.dnsbl.lists),
                       check_deadlines(config.dns),
                       check_authres(config.authres, config.relay),
                       check_signing_keys(config.sign.keys),
                       check_key_life(config.sign),
                       check_tokens(config),
                       check_sql(config.directory.sql),
                       check_accounts(config),
                       check_owners(config),
                       check_groups(config.identity.groups),
                       check_sealing(config.arc),
                       check_notify(config.notify),
                       check_status(config.status),
                       check_report(config),
                       check_feedback(config),
                       check_quota(config.quota),
                       check_warmup(config)})
    all.insert(all.end(), found.begin(), found.end());
  return all;
}

}  // namespace milterward::conf
