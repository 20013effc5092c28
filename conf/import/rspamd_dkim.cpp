// SPDX-License-Identifier: Apache-2.0
// dkim_signing.conf and arc.conf of rspamd 3: domains with their keys, maps of them, or one
// file name for all domains that have a file. What the local.d files hold, with or without
// `dkim_signing { }` or `arc { }` around it; a file called arc.conf is about ARC.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conf/import/common.h"
#include "conf/import/daemons.h"
#include "conf/import/hosts.h"
#include "conf/import/key_names.h"
#include "conf/import/quotation.h"
#include "conf/import/rspamd_settings.h"
#include "conf/import/signing_tables.h"
#include "conf/import/ucl.h"
#include "conf/import/write.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"

namespace milterward::importing {
namespace {

constexpr auto read_here = std::to_array<std::string_view>(
    {"domain", "path", "selector", "selector_map", "path_map", "try_fallback", "use_esld",
     "use_domain", "sign_networks", "sign_headers", "signing_table", "key_table",
     "whitelisted_signers_map"});

bool means_yes(std::string_view text) {
  return text == "true" || text == "yes" || text == "on" || text == "1";
}

/// "%" stands for the domain, as in the tables of opendkim.
std::string pattern_of(std::string path, std::string_view selector) {
  const auto put = [&](std::string_view variable, std::string_view value) {
    for (auto at = path.find(variable); at != std::string::npos;
         at = path.find(variable, at + value.size()))
      path.replace(at, variable.size(), value);
  };
  put("${DBDIR}", "/var/lib/rspamd");
  put("$DBDIR", "/var/lib/rspamd");
  put("${LOCAL_CONFDIR}", "/etc/rspamd");
  put("$LOCAL_CONFDIR", "/etc/rspamd");
  put("${CONFDIR}", "/etc/rspamd");
  put("$CONFDIR", "/etc/rspamd");
  put("$selector", selector);
  put("$domain", "%");
  return path;
}

/// A map as the data set it is: a file, or items that stand there.
std::string data_set_of(const UclValue& value) {
  std::string set;
  for (const auto* item : value.each()) {
    auto text = item->text;
    if (text.starts_with("file://")) text.erase(0, 7);
    set += (set.empty() ? "" : ",") + pattern_of(text, "");
  }
  return set;
}

class RspamdImporter {
 public:
  RspamdImporter(Draft& draft, const OldFiles& files, std::string path, bool is_arc)
      : draft_(draft), files_(files), path_(std::move(path)), is_arc_(is_arc) {}

  std::optional<Unreadable> translate(const UclValue& module) {
    const auto first = draft_.rows().size();
    selector_ = module.get("selector", is_arc_ ? "arc" : "dkim");
    file_ = module.get("path");
    esld_ = means_yes(module.get("use_esld", "true"));
    domains(module);
    for (auto step :
         {&RspamdImporter::maps, &RspamdImporter::tables, &RspamdImporter::networks})
      if (auto fault = (this->*step)(module)) return fault;
    any_domain(module);
    if (auto fault = sealers(module)) return fault;
    sign_headers(module, first);
    for (const auto& [name, value] : module.members) tell(name, value);
    tell_of_defaults(module);
    finish(first);
    return std::nullopt;
  }

 private:
  Origin origin_of(const std::string& name, const UclValue& value) const {
    auto said = name;
    if (value.kind == UclValue::Kind::text) said += " = " + value.text;
    return {path_, value.line, quotation(said)};
  }

  void add_key(const std::string& domain_text, const std::string& selector,
               const std::string& file, const Origin& origin) {
    const auto domain = Domain::parse(domain_text);
    if (!domain) {
      draft_.tell(Outcome::look, origin,
                  fmt::format("\"{}\" is no domain", printable(domain_text, 80)));
      return;
    }
    if (file.empty()) {
      draft_.tell(Outcome::look, origin,
                  fmt::format("no file is named for the key of {}", domain->name()));
      return;
    }
    const auto path = with_domain(pattern_of(file, selector), domain->name());
    if (is_arc_) {
      Row row{"arc.key", {origin}, {}, false};
      row.set("domain", domain->name());
      row.set("selector", selector);
      row.set("file", path);
      draft_.rows().push_back(std::move(row));
    } else {
      auto& row = signing_row(draft_, domain->name(), selector, path, origin);
      if (esld_) row.set("subdomains", "true");
    }
    named_.push_back(domain->name());
    draft_.tell(Outcome::translated, origin,
                fmt::format("[[{}.key]] {}, selector {}", is_arc_ ? "arc" : "sign",
                            domain->name(), selector));
  }

  void domains(const UclValue& module) {
    const auto* domains = module.find("domain");
    if (domains == nullptr) return;
    for (const auto& [name, block] : domains->members) {
      const auto origin = origin_of("domain " + name, block);
      if (const auto* selectors = block.find("selectors")) {
        for (const auto* each : selectors->each())
          add_key(name, each->get("selector", selector_), each->get("path", file_), origin);
      } else {
        add_key(name, block.get("selector", selector_), block.get("path", file_), origin);
      }
    }
  }

  /// selector_map and path_map: domain -> selector, domain -> file.
  std::optional<Unreadable> maps(const UclValue& module) {
    const auto* selectors = module.find("selector_map");
    const auto* paths = module.find("path_map");
    if (selectors == nullptr && paths == nullptr) return std::nullopt;
    std::map<std::string, Entry> selector_of, path_of;
    for (const auto& [map, name, into] :
         {std::tuple{selectors, "selector_map", &selector_of},
          {paths, "path_map", &path_of}}) {
      if (map == nullptr) continue;
      const auto origin = origin_of(name, *map);
      const auto text = data_set_of(*map);
      if (text.find("://") != std::string::npos) {
        draft_.tell(Outcome::no_counterpart, origin,
                    "maps are read from files only; fetch it, and name the file");
        continue;
      }
      const auto set = read_data_set(files_, text, origin, "/etc/rspamd");
      if (!set) return set.fault();
      for (const auto& entry : set->entries) into->emplace(entry.key, entry);
    }
    auto domains = selector_of;
    domains.insert(path_of.begin(), path_of.end());
    for (const auto& [domain, entry] : domains) {
      const auto selector =
          selector_of.contains(domain) ? selector_of[domain].value : selector_;
      const auto file = path_of.contains(domain) ? path_of[domain].value : file_;
      add_key(domain, selector, file, entry.origin);
    }
    return std::nullopt;
  }

  /// Tables in the manner of opendkim, both read as patterns.
  std::optional<Unreadable> tables(const UclValue& module) {
    const auto* rules = module.find("signing_table");
    const auto* keys = module.find("key_table");
    if (rules == nullptr || keys == nullptr || is_arc_) return std::nullopt;
    auto rule_set = read_data_set(files_, data_set_of(*rules),
                                  origin_of("signing_table", *rules), "/etc/rspamd");
    if (!rule_set) return rule_set.fault();
    auto key_set = read_data_set(files_, data_set_of(*keys), origin_of("key_table", *keys),
                                 "/etc/rspamd");
    if (!key_set) return key_set.fault();
    rule_set->patterns = true;
    for (auto& entry : key_set->entries)  // domain ":" file, with the common selector
      if (std::ranges::count(entry.value, ':') == 1)
        entry.value.insert(entry.value.find(':'), ":" + selector_);
    translate_tables(draft_, {*key_set, *rule_set, false, "", false}, files_);
    draft_.tell(Outcome::translated, origin_of("signing_table", *rules), "[[sign.key]]");
    draft_.tell(Outcome::translated, origin_of("key_table", *keys), "[[sign.key]]");
    has_tables_ = true;
    return std::nullopt;
  }

  /// One file name for all: the domains are those that have a file.
  void any_domain(const UclValue& module) {
    const auto* path = module.find("path");
    if (path == nullptr || has_tables_) return;
    const auto origin = origin_of("path", *path);
    const auto* fallback = module.find("try_fallback");
    if (fallback != nullptr && !means_yes(fallback->text)) {
      draft_.tell(Outcome::covered, origin, "each domain has its own row");
      return;
    }
    std::size_t found = 0;
    for (const auto& domain : domains_with_keys(files_, pattern_of(file_, selector_))) {
      if (std::ranges::find(named_, domain) != named_.end()) continue;
      add_key(domain, selector_, file_, origin);
      ++found;
    }
    if (found > 0)
      draft_.tell(
          Outcome::look, origin,
          "whatever domain has a file was signed; the files that are there now have "
          "rows, later ones need a row of their own");
    else if (named_.empty())
      draft_.tell(
          Outcome::look, origin,
          "there is no file of that name for any domain: write a row for each domain");
    else
      draft_.tell(Outcome::covered, origin, "each domain has its own row");
  }

  std::optional<Unreadable> networks(const UclValue& module) {
    const auto* value = module.find("sign_networks");
    if (value == nullptr) return std::nullopt;
    const auto origin = origin_of("sign_networks", *value);
    const auto set = read_data_set(files_, data_set_of(*value), origin, "/etc/rspamd");
    if (!set) return set.fault();
    translate_networks(draft_, hosts_of(*set), "relay.trusted_networks", origin,
                       "relay.trusted_networks takes addresses only");
    // A list of ours replaces the default, which rspamd signs for as well.
    for (const auto* local : {"127.0.0.0/8", "::1/128"})
      draft_.add("relay.trusted_networks", local, origin);
    return std::nullopt;
  }

  std::optional<Unreadable> sealers(const UclValue& module) {
    const auto* value = module.find("whitelisted_signers_map");
    if (value == nullptr || !is_arc_) return std::nullopt;
    const auto origin = origin_of("whitelisted_signers_map", *value);
    const auto set = read_data_set(files_, data_set_of(*value), origin, "/etc/rspamd");
    if (!set) return set.fault();
    for (const auto& entry : set->entries) {
      if (refusal_of("arc.trusted_sealers", entry.key)) continue;
      draft_.add("arc.trusted_sealers", entry.key, entry.origin);
      draft_.tell(Outcome::translated, origin, "arc.trusted_sealers");
    }
    return std::nullopt;
  }

  /// "(o)from:(x)date:list-id": oversigned always, oversigned when there, signed when
  /// there.
  void sign_headers(const UclValue& module, std::size_t first) {
    const auto* value = module.find("sign_headers");
    if (value == nullptr || is_arc_) return;
    SignedFields fields{true, {}, {}};
    for (const auto part : split(value->text, ':')) {
      auto name = trim(part);
      const bool over = name.starts_with("(o)") || name.starts_with("(x)");
      if (over) name.remove_prefix(3);
      if (name.empty()) continue;
      if (const auto refusal = refusal_of("sign.key.headers", std::string{name}))
        draft_.tell(Outcome::no_counterpart, origin_of("sign_headers", *value),
                    fmt::format("{}: {}", name, *refusal));
      else
        (over ? fields.oversigned : fields.headers).emplace_back(name);
    }
    set_in_rows(draft_, first, fields);
    draft_.tell(Outcome::translated, origin_of("sign_headers", *value),
                "sign.key.oversigned and sign.key.headers");
  }

  void tell(const std::string& name, const UclValue& value) {
    const auto origin = origin_of(name, value);
    if (name == "use_domain") {
      const std::string_view ours = is_arc_ ? "recipient" : "header";
      draft_.tell(value.text == ours ? Outcome::covered : Outcome::no_counterpart, origin,
                  is_arc_ ? "the key is that of the first recipient's domain"
                          : "the key is always that of the domain of From");
      return;
    }
    if (name == "use_esld") {
      draft_.tell(esld_ && !is_arc_ ? Outcome::translated : Outcome::covered, origin,
                  fmt::format("sign.key.subdomains = {}", esld_));
      return;
    }
    if (name == "selector" || name == "try_fallback")
      return draft_.tell(Outcome::covered, origin, "each key has its own selector");
    if (std::ranges::find(read_here, name) != read_here.end()) return;
    const auto row = std::ranges::find(rspamd_settings(), name, &RspamdSetting::name);
    if (row == rspamd_settings().end()) {
      draft_.tell(Outcome::look, origin, "rspamd has no such setting that we know of");
      return;
    }
    if (is_arc_ && (name == "sign_local" || name == "sign_authenticated" ||
                    name.starts_with("allow_"))) {
      draft_.tell(Outcome::covered, origin,
                  "it is about our own users, whose mail is not sealed");
      return;
    }
    const bool as_ours = row->ours.empty() || means_yes(value.text) == means_yes(row->ours);
    draft_.tell(as_ours && !row->ours.empty() ? Outcome::covered : row->otherwise, origin,
                std::string{row->why});
  }

  /// What holds there without a word.
  void tell_of_defaults(const UclValue& module) {
    if (is_arc_ || named_.empty()) return;
    if (module.find("allow_username_mismatch") == nullptr)
      draft_.tell(Outcome::look, {"", 0, "rspamd"},
                  "it signed only what a login of the author's domain sent; here a login "
                  "signs for every domain until [directory] says who may use which");
    if (means_yes(module.get("sign_local", "true")))
      draft_.tell(
          Outcome::look, {"", 0, "rspamd"},
          "private networks were local (local_addrs), and their mail was signed; name "
          "those that are yours in relay.trusted_networks");
  }

  void finish(std::size_t first) {
    const bool has_keys = draft_.rows().size() > first;
    if (!has_keys)
      draft_.tell(Outcome::look, {"", 0, path_}, "no key came of it");
    else if (is_arc_)
      draft_.translate("arc.seal", "inbound",
                       {"", 0, path_ + ": mail of strangers is sealed"});
  }

  Draft& draft_;
  const OldFiles& files_;
  std::string path_;
  bool is_arc_;
  bool esld_ = true;
  bool has_tables_ = false;
  std::string selector_;
  std::string file_;
  std::vector<std::string> named_;  // domains that have a key
};

}  // namespace

std::optional<Unreadable> import_rspamd_dkim(Draft& draft, const OldFiles& files,
                                             const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    const auto text = files.read(path);
    if (!text) return Unreadable{"", 0, path + " " + text.fault()};
    const auto root = parse_ucl(*text);
    if (!root) return Unreadable{path, root.fault().line, root.fault().reason};
    const auto* signing = root->find("dkim_signing");
    const auto* sealing = root->find("arc");
    const bool is_bare = signing == nullptr && sealing == nullptr;
    if (is_bare || signing != nullptr) {
      const bool is_arc = is_bare && path.ends_with("arc.conf");
      if (auto fault = RspamdImporter{draft, files, path, is_arc}.translate(
              is_bare ? *root : *signing))
        return fault;
    }
    if (sealing != nullptr)
      if (auto fault = RspamdImporter{draft, files, path, true}.translate(*sealing))
        return fault;
  }
  return std::nullopt;
}

}  // namespace milterward::importing
