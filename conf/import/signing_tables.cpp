// SPDX-License-Identifier: Apache-2.0
#include "conf/import/signing_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "conf/import/key_names.h"
#include "conf/import/options.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"

namespace milterward::importing {
namespace {

/// Whom a line of the SigningTable is for.
enum class Scope { address, domain, below, ending, all, odd, never };

struct Rule {
  Scope scope;
  std::string domain;    // of the scope; "" for all, odd and never
  std::string key;       // name in the KeyTable, or "%"
  std::string identity;  // "" for none
  Origin origin;
};

struct KeyEntry {
  std::string domain;  // or "%"
  std::string selector;
  std::string file;  // with "%" for the domain
  Origin origin;
};

std::optional<std::string> plain_domain(std::string_view text) {
  if (text.find_first_of("*@%") != std::string_view::npos) return std::nullopt;
  const auto domain = Domain::parse(text);
  return domain ? std::optional{domain->name()} : std::nullopt;
}

/// Of a refile: patterns that the whole address is held against.
std::pair<Scope, std::string> scope_of_pattern(std::string_view text) {
  if (text.find_first_not_of("*@") == std::string_view::npos) return {Scope::all, ""};
  const auto at = text.rfind('@');
  const auto host = at == std::string_view::npos ? text : text.substr(at + 1);
  const auto user = at == std::string_view::npos ? "*" : text.substr(0, at);
  if (text.find('*') == std::string_view::npos && at == std::string_view::npos)
    return {Scope::never, ""};
  const auto as = [&](Scope scope, std::string_view name) {
    const auto domain = plain_domain(name);
    return domain ? std::pair{scope, *domain} : std::pair{Scope::odd, std::string{}};
  };
  if (user != "*") return as(Scope::address, host);
  if (host.starts_with("*.")) return as(Scope::below, host.substr(2));
  if (host.starts_with("*")) return as(Scope::ending, host.substr(1));
  return as(at == std::string_view::npos ? Scope::ending : Scope::domain, host);
}

/// Of all other data sets: keys that are looked up in a certain order.
std::pair<Scope, std::string> scope_of_key(std::string_view text) {
  if (text == "*") return {Scope::all, ""};
  if (text.starts_with("*@")) return {Scope::never, ""};
  const auto at = text.rfind('@');
  const auto host = at == std::string_view::npos ? text : text.substr(at + 1);
  const auto domain = plain_domain(host.substr(host.starts_with(".") ? 1 : 0));
  if (!domain) return {Scope::odd, ""};
  if (at == std::string_view::npos)
    return {host.starts_with(".") ? Scope::below : Scope::domain, *domain};
  return host.starts_with(".") ? std::pair{Scope::odd, std::string{}}
                               : std::pair{Scope::address, *domain};
}

std::vector<Rule> rules_of(const DataSet& set) {
  std::vector<Rule> rules;
  for (const auto& entry : set.entries) {
    const auto [scope, domain] =
        set.patterns ? scope_of_pattern(entry.key) : scope_of_key(entry.key);
    const auto colon = entry.value.find(':');
    rules.push_back(
        {scope, domain, std::string{trim(entry.value.substr(0, colon))},
         colon == std::string::npos ? "" : std::string{trim(entry.value.substr(colon + 1))},
         entry.origin});
  }
  if (!set.patterns)  // the narrower is looked up first
    std::ranges::stable_sort(rules, [](const Rule& a, const Rule& b) {
      if (a.scope != b.scope) return a.scope < b.scope;
      return a.scope == Scope::below && a.domain.size() > b.domain.size();
    });
  return rules;
}

bool is_below(const std::string& domain, const std::string& parent) {
  return domain.ends_with("." + parent);
}

/// May the line fit any address of the domain?
bool fits(const Rule& rule, const std::string& domain) {
  switch (rule.scope) {
    case Scope::domain:
      return rule.domain == domain;
    case Scope::below:
      return is_below(domain, rule.domain);
    case Scope::ending:
      return domain.ends_with(rule.domain);
    case Scope::all:
      return true;
    case Scope::address:
    case Scope::odd:
    case Scope::never:
      return false;
  }
  return false;
}

class Translator {
 public:
  Translator(Draft& draft, const SigningTables& tables, const OldFiles& files)
      : draft_(draft), tables_(tables), files_(files), rules_(rules_of(tables.rules)) {
    for (const auto& entry : tables.keys.entries) read_key(entry);
  }

  void translate() {
    for (const auto& domain : domains_named()) {
      bool first = true;
      for (const auto& rule : rules_) {
        if (!fits(rule, domain)) continue;
        if (first || tables_.several) sign_domain(rule, domain);
        first = false;
      }
      if (!first) covered_.insert(domain);
    }
    for (const auto& rule : rules_) translate_rest(rule);
    tell_unused();
  }

 private:
  void read_key(const Entry& entry) {
    const auto parts = split(entry.value, ':');
    if (parts.size() < 3 || trim(parts[2]).find('/') == std::string_view::npos ||
        !(trim(parts[2]).starts_with("/") || trim(parts[2]).starts_with("."))) {
      draft_.tell(Outcome::no_counterpart,
                  {entry.origin.file, entry.origin.line, entry.key},
                  parts.size() < 3
                      ? "the line does not say DOMAIN:SELECTOR:FILE"
                      : "the key itself stands in the table; Milterward reads keys from "
                        "files of their own: put it into one, and name that in the table");
      broken_.insert(entry.key);
      return;
    }
    const auto file = entry.value.substr(parts[0].size() + parts[1].size() + 2);
    keys_[entry.key] = {to_lower(trim(parts[0])), std::string{trim(parts[1])},
                        absolute(trim(file), tables_.base), entry.origin};
  }

  /// Domains that a line is about, or that a "%" may stand for.
  std::set<std::string> domains_named() const {
    std::set<std::string> domains;
    for (const auto& rule : rules_) {
      if (rule.scope == Scope::domain || rule.scope == Scope::ending)
        domains.insert(rule.domain);
      if (rule.scope != Scope::all && rule.scope != Scope::below) continue;
      for (const auto& [name, key] : keys_) {
        if (rule.key == "%" && plain_domain(name)) domains.insert(*plain_domain(name));
        if (rule.key != name) continue;
        if (key.domain != "%")
          domains.insert(key.domain);
        else if (key.file.find('%') != std::string::npos)
          for (const auto& found : domains_with_keys(files_, key.file))
            domains.insert(found);
      }
    }
    return domains;
  }

  const KeyEntry* key_of(const Rule& rule, const std::string& domain) {
    const auto name = rule.key == "%" ? domain : rule.key;
    const auto found = keys_.find(name);
    if (found != keys_.end()) {
      used_.insert(name);
      return &found->second;
    }
    if (!broken_.contains(name))
      draft_.tell(Outcome::look, rule.origin,
                  fmt::format("the KeyTable has no \"{}\"; mail of {} was not signed", name,
                              domain));
    done_.insert(&rule);
    return nullptr;
  }

  void sign_domain(const Rule& rule, const std::string& domain) {
    const auto* key = key_of(rule, domain);
    if (key == nullptr) return;
    const auto signer = key->domain == "%" ? domain : key->domain;
    if (signer != domain && !is_below(domain, signer)) {
      draft_.tell(Outcome::no_counterpart, rule.origin,
                  fmt::format("mail of {} was signed as {}; Milterward signs as the "
                              "author's own domain or one above it, as DMARC wants it",
                              domain, signer));
      done_.insert(&rule);
      return;
    }
    auto& row = add_row(rule, *key, signer, domain);
    if (signer != domain) {
      row.set("subdomains", "true");
      draft_.tell(Outcome::look, rule.origin,
                  fmt::format("mail of {} is signed as {}; with subdomains = true the same "
                              "holds for all its other subdomains without a key",
                              domain, signer));
    }
  }

  Row& add_row(const Rule& rule, const KeyEntry& key, const std::string& signer,
               const std::string& author_domain) {
    auto& row = signing_row(draft_, signer, key.selector,
                            with_domain(key.file, author_domain), rule.origin);
    if (std::ranges::find(row.origins, key.origin) == row.origins.end())
      row.origins.push_back(key.origin);
    row.bare_seed = row.bare_seed || tables_.bare_seeds;
    const auto identity = with_domain(rule.identity, author_domain);
    const auto of = identity.substr(identity.rfind('@') + 1);
    if (!identity.empty() && (of == signer || is_below(of, signer)))
      row.set("identity", identity);
    if (rule.scope == Scope::below || rule.scope == Scope::ending ||
        (rule.scope == Scope::all && key.domain != "%" && rule.key != "%"))
      row.set("subdomains", "true");
    if (done_.insert(&rule).second)
      draft_.tell(Outcome::translated, rule.origin,
                  fmt::format("[[sign.key]] {}, selector {}", signer, key.selector));
    return row;
  }

  /// What the domains alone did not cover.
  void translate_rest(const Rule& rule) {
    switch (rule.scope) {
      case Scope::address:
        return translate_address(rule);
      case Scope::below:
        return translate_below(rule);
      case Scope::all:
        return translate_all(rule);
      case Scope::odd:
        return draft_.tell(Outcome::no_counterpart, rule.origin,
                           "Milterward chooses keys by the author's domain, not by such a "
                           "pattern; write a [[sign.key]] for each domain it stands for");
      case Scope::never:
        return draft_.tell(
            Outcome::look, rule.origin,
            tables_.rules.patterns
                ? "without \"*\" and \"@\" no address fits this line, so that "
                  "it never signed anything; it is left out"
                : "\"*@\" has a meaning in refile: only, so that the line "
                  "never signed anything; it is left out");
      case Scope::ending:
      case Scope::domain:
        if (!done_.contains(&rule))
          draft_.tell(Outcome::covered, rule.origin,
                      "a line above it fits first, so that it never signed");
    }
  }

  void translate_address(const Rule& rule) {
    const auto& domain = rule.domain;
    if (covered_.contains(domain)) {
      draft_.tell(
          Outcome::no_counterpart, rule.origin,
          fmt::format("all mail of {} is signed alike, by the keys of the domain", domain));
      if (keys_.contains(rule.key)) used_.insert(rule.key);
      return;
    }
    sign_domain(rule, domain);
    if (std::ranges::any_of(draft_.rows(), [&](const Row& row) {
          return row.table == "sign.key" && row.text("domain") == domain;
        }))
      draft_.tell(Outcome::look, rule.origin,
                  fmt::format("Milterward signs for domains: all mail of {} is signed now, "
                              "not that of one address only",
                              domain));
  }

  void translate_below(const Rule& rule) {
    if (done_.contains(&rule)) return;
    if (rule.key == "%") {
      draft_.tell(Outcome::no_counterpart, rule.origin,
                  "no key is known by these names; write a [[sign.key]] for each domain");
      return;
    }
    const auto* key = key_of(rule, rule.domain);
    if (key == nullptr) return;
    if (key->domain == "%") {
      draft_.tell(Outcome::no_counterpart, rule.origin,
                  fmt::format("each domain below {} was signed as itself; write a "
                              "[[sign.key]] for each",
                              rule.domain));
      return;
    }
    if (key->domain != rule.domain && !is_below(rule.domain, key->domain)) {
      draft_.tell(Outcome::no_counterpart, rule.origin,
                  fmt::format("mail of all below {} was signed as {}; Milterward signs as "
                              "the author's own domain or one above it",
                              rule.domain, key->domain));
      return;
    }
    auto& row = add_row(rule, *key, key->domain, rule.domain);
    row.set("subdomains", "true");
    if (!covered_.contains(key->domain))
      draft_.tell(Outcome::look, rule.origin,
                  fmt::format("mail of {} itself is signed by this key, too", key->domain));
  }

  void translate_all(const Rule& rule) {
    const auto found = keys_.find(rule.key);
    if (rule.key != "%" && found == keys_.end()) {
      key_of(rule, "all domains");
      return;
    }
    if (rule.key == "%" || found->second.domain == "%") {
      if (done_.contains(&rule))
        draft_.tell(
            Outcome::look, rule.origin,
            "whatever domain has a key was signed; the keys that are there now have "
            "rows, later ones need a row of their own");
      else
        draft_.tell(Outcome::no_counterpart, rule.origin,
                    "mail of any domain was signed as that domain; Milterward wants the "
                    "domains by name: write a [[sign.key]] for each");
      return;
    }
    used_.insert(rule.key);
    draft_.tell(Outcome::look, rule.origin,
                fmt::format("mail of all other domains was signed as {}, too, which is no "
                            "author's signature and of no use to DMARC; it is not signed "
                            "now",
                            found->second.domain));
  }

  void tell_unused() {
    for (const auto& [name, key] : keys_)
      if (!used_.contains(name))
        draft_.tell(Outcome::covered, key.origin,
                    "no line of the SigningTable that counts names this key");
  }

  Draft& draft_;
  const SigningTables& tables_;
  const OldFiles& files_;
  std::vector<Rule> rules_;
  std::map<std::string, KeyEntry> keys_;
  std::set<std::string> broken_;   // names of keys that cannot be translated
  std::set<std::string> used_;     // names of keys that a line chose
  std::set<std::string> covered_;  // domains for which some line signs all addresses
  std::set<const Rule*> done_;     // lines of which something was told
};

}  // namespace

void translate_tables(Draft& draft, const SigningTables& tables, const OldFiles& files) {
  Translator{draft, tables, files}.translate();
}

Row& signing_row(Draft& draft, const std::string& domain, const std::string& selector,
                 const std::string& file, const Origin& origin) {
  const auto found = std::ranges::find_if(draft.rows(), [&](const Row& row) {
    return row.table == "sign.key" && row.text("domain") == domain &&
           equal_ignoring_case(row.text("selector"), selector);
  });
  if (found != draft.rows().end()) {
    if (std::ranges::find(found->origins, origin) == found->origins.end())
      found->origins.push_back(origin);
    if (found->text("file") != file)
      draft.tell(Outcome::look, origin,
                 fmt::format("{}._domainkey.{} is the name of {} already; {} was not taken",
                             selector, domain, found->text("file"), file));
    return *found;
  }
  Row row{"sign.key", {origin}, {}, false};
  row.set("domain", domain);
  row.set("selector", selector);
  row.set("file", file);
  draft.rows().push_back(std::move(row));
  return draft.rows().back();
}

}  // namespace milterward::importing
