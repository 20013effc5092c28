// SPDX-License-Identifier: Apache-2.0
#include "conf/import/signer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "conf/import/common.h"
#include "conf/import/hosts.h"
#include "conf/import/signing_tables.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"

namespace milterward::importing {
namespace {

constexpr auto signer_options = std::to_array<std::string_view>(
    {"Mode", "Domain", "Selector", "KeyFile", "KeyTable", "SigningTable", "SubDomains",
     "MultipleSignatures", "Canonicalization", "SignHeaders", "OversignHeaders",
     "OmitHeaders", "SignatureTTL", "SignatureAlgorithm", "InternalHosts",
     "SenderHeaders"});
constexpr auto ed25519_options = std::to_array<std::string_view>(
    {"KeyFileEd25519", "SelectorEd25519", "KeyTableEd25519"});

constexpr std::string_view no_databases =
    "databases, LDAP and scripts are not read; write what they answer into a file "
    "(\"opendkim "
    "-Q\" asks them) and import that";

constexpr std::string_view names_are_no_networks =
    "relay.trusted_networks takes addresses, since names can be forged by who runs their "
    "DNS; "
    "write the addresses of this host";

class Signer {
 public:
  Signer(Draft& draft, const OldFiles& files, const Options& options,
         const SignerDialect& dialect)
      : draft_(draft),
        files_(files),
        options_(options),
        dialect_(dialect),
        base_(options.value("BaseDirectory")) {}

  std::optional<Unreadable> translate() {
    if (auto fault = internal_hosts()) return fault;
    const auto mode = options_.value("Mode", "sv");
    const bool signs = mode.find('s') != std::string::npos;
    tell_mode(mode);
    if (!signs) {
      tell_rest("it signs nothing in this mode");
      return std::nullopt;
    }
    const auto first = draft_.rows().size();
    const bool has_tables = options_.find("KeyTable") != nullptr ||
                            (dialect_.has_ed25519 && options_.find("KeyTableEd25519"));
    auto fault = has_tables ? tables() : single_keys();
    if (fault) return fault;
    if (auto other = forms(first)) return other;
    if (draft_.rows().size() == first)
      draft_.tell(Outcome::look, {"", 0, std::string{dialect_.name}},
                  "no key came of it: mail is not signed before there is a [[sign.key]]");
    return std::nullopt;
  }

 private:
  void tell_mode(const std::string& mode) {
    const auto* option = options_.find("Mode");
    if (option == nullptr) return;
    if (mode.find('v') == std::string::npos)
      draft_.tell(
          Outcome::covered, option->origin,
          "mail of strangers is verified in any case; inbound.mode \"monitor\" only "
          "records what was found");
    else
      draft_.tell(Outcome::covered, option->origin,
                  mode.find('s') == std::string::npos
                      ? "without a [[sign.key]] nothing is signed"
                      : "it signs mail of our own users and verifies that of strangers");
  }

  void tell_rest(const std::string& why) {
    for (const auto name :
         {"Domain", "Selector", "KeyFile", "KeyTable", "SigningTable", "SubDomains",
          "MultipleSignatures", "Canonicalization", "SignHeaders", "OversignHeaders",
          "OmitHeaders", "SignatureTTL", "SignatureAlgorithm", "SenderHeaders",
          "KeyFileEd25519", "SelectorEd25519", "KeyTableEd25519"})
      if (const auto* option = options_.find(name))
        draft_.tell(Outcome::covered, option->origin, why);
  }

  std::optional<Unreadable> internal_hosts() {
    const auto* option = options_.find("InternalHosts");
    if (option == nullptr) return std::nullopt;
    const auto set = read_data_set(files_, option->value, option->origin, base_);
    if (!set) return set.fault();
    if (!set->readable)
      draft_.tell(Outcome::no_counterpart, option->origin, std::string{no_databases});
    else
      translate_networks(draft_, hosts_of(*set), "relay.trusted_networks", option->origin,
                         std::string{names_are_no_networks});
    if (draft_.has("relay.trusted_networks"))
      draft_.tell(
          Outcome::look, option->origin,
          "hosts in relay.trusted_networks count as ours in every way: their mail is "
          "signed, is not checked as that of strangers, and may go to anybody as far "
          "as Milterward is asked");
    return std::nullopt;
  }

  std::optional<Unreadable> tables() {
    for (const auto name : {"Domain", "Selector", "KeyFile"})
      if (const auto* option = options_.find(name))
        draft_.tell(Outcome::covered, option->origin, "the KeyTable overrides it");
    const auto* rules = options_.find("SigningTable");
    if (rules == nullptr) {
      for (const auto name : {"KeyTable", "KeyTableEd25519"})
        if (const auto* option = options_.find(name))
          draft_.tell(Outcome::look, option->origin,
                      "without a SigningTable it chose no key");
      return std::nullopt;
    }
    auto rule_set = read_data_set(files_, rules->value, rules->origin, base_);
    if (!rule_set) return rule_set.fault();
    for (const auto name : {"KeyTable", "KeyTableEd25519"}) {
      const auto* keys = options_.find(name);
      if (keys == nullptr || (!dialect_.has_ed25519 && keys->name != "KeyTable" &&
                              !equal_ignoring_case(name, "KeyTable")))
        continue;
      auto key_set = read_data_set(files_, keys->value, keys->origin, base_);
      if (!key_set) return key_set.fault();
      if (!key_set->readable || !rule_set->readable) {
        for (const auto* option : {keys, rules})
          draft_.tell(Outcome::no_counterpart, option->origin, std::string{no_databases});
        continue;
      }
      translate_tables(draft_,
                       {*key_set, *rule_set,
                        !dialect_.has_ed25519 && options_.is_true("MultipleSignatures"),
                        base_, !equal_ignoring_case(name, "KeyTable")},
                       files_);
      draft_.tell(Outcome::translated, keys->origin, "[[sign.key]]");
      draft_.tell(Outcome::translated, rules->origin, "[[sign.key]]");
    }
    tell_of_tables();
    return std::nullopt;
  }

  void tell_of_tables() {
    if (const auto* option = options_.find("SubDomains"))
      draft_.tell(Outcome::covered, option->origin, "the tables say it");
    if (const auto* option = options_.find("MultipleSignatures"))
      draft_.tell(Outcome::covered, option->origin, "each [[sign.key]] of a domain signs");
  }

  std::optional<Unreadable> single_keys() {
    if (const auto* option = options_.find("SigningTable"))
      draft_.tell(Outcome::look, option->origin, "without a KeyTable it chose no key");
    if (auto fault = single_key("KeyFile", "Selector")) return fault;
    if (dialect_.has_ed25519)
      if (auto fault = single_key("KeyFileEd25519", "SelectorEd25519")) return fault;
    if (const auto* option = options_.find("SubDomains"))
      draft_.tell(means_true(option->value) ? Outcome::translated : Outcome::covered,
                  option->origin, "sign.key.subdomains");
    if (const auto* option = options_.find("MultipleSignatures"))
      draft_.tell(Outcome::covered, option->origin, "each [[sign.key]] of a domain signs");
    return std::nullopt;
  }

  std::optional<Unreadable> single_key(const char* file_name, const char* selector_name) {
    const auto* domains = options_.find("Domain");
    const auto* file = options_.find(file_name);
    const auto* selector = options_.find(selector_name);
    if (file == nullptr || domains == nullptr || selector == nullptr) {
      for (const auto* option : {domains, file, selector})
        if (option != nullptr && !(option == domains && dialect_.has_ed25519))
          draft_.tell(Outcome::look, option->origin,
                      fmt::format("Domain, {} and {} belong together, and one of them is "
                                  "missing",
                                  selector_name, file_name));
      return std::nullopt;
    }
    const auto set = read_data_set(files_, domains->value, domains->origin, base_);
    if (!set) return set.fault();
    if (!set->readable)
      draft_.tell(Outcome::no_counterpart, domains->origin, std::string{no_databases});
    const auto rows_before = draft_.rows().size();
    for (const auto& entry : set->entries) {
      const auto domain = Domain::parse(entry.key);
      if (!domain) {
        draft_.tell(Outcome::no_counterpart, entry.origin,
                    fmt::format("Milterward wants the domains by name, and \"{}\" is none; "
                                "write a [[sign.key]] for each",
                                printable(entry.key, 80)));
        continue;
      }
      auto& row = signing_row(draft_, domain->name(), selector->value,
                              absolute(file->value, base_), entry.origin);
      row.bare_seed = std::string_view{file_name} != "KeyFile";
      row.origins.push_back(selector->origin);
      row.origins.push_back(file->origin);
      if (options_.is_true("SubDomains")) row.set("subdomains", "true");
    }
    for (const auto* option : {domains, selector, file})
      if (draft_.rows().size() > rows_before)
        draft_.tell(Outcome::translated, option->origin, "[[sign.key]]");
      else
        draft_.tell(Outcome::covered, option->origin, "there is no domain to sign as");
    return std::nullopt;
  }

  std::optional<Unreadable> forms(std::size_t first) {
    const auto* option = options_.find("Canonicalization");
    const auto word = option == nullptr
                          ? std::string{dialect_.forms}
                          : canonical_forms(option->value, dialect_.body_of_one);
    if (word.empty()) {
      draft_.tell(Outcome::look, option->origin, "is none of relaxed and simple");
    } else {
      if (word != "relaxed/relaxed") set_in_rows(draft_, first, "canonicalization", word);
      const Origin origin =
          option != nullptr ? option->origin : Origin{"", 0, std::string{dialect_.name}};
      const bool is_written = word != "relaxed/relaxed" && first < draft_.rows().size();
      draft_.tell(is_written ? Outcome::translated : Outcome::covered, origin,
                  fmt::format("sign.key.canonicalization = {}{}", word,
                              option == nullptr ? ", the default there" : ""));
    }
    const auto fields = signed_fields(draft_, options_, files_, base_);
    if (!fields) return fields.fault();
    set_in_rows(draft_, first, *fields);
    lifetime(first);
    if (const auto* headers = options_.find("SenderHeaders"))
      draft_.tell(
          equal_ignoring_case(headers->value, "From") ? Outcome::covered : Outcome::look,
          headers->origin, "the author in From chooses the key");
    if (const auto* algorithm = options_.find("SignatureAlgorithm"))
      draft_.tell(equal_ignoring_case(algorithm->value, "rsa-sha1") ? Outcome::look
                                                                    : Outcome::covered,
                  algorithm->origin,
                  "the key says the algorithm, always with SHA-256 (RFC 8301)");
    return std::nullopt;
  }

  void lifetime(std::size_t first) {
    const auto* option = options_.find("SignatureTTL");
    if (option == nullptr) return;
    unsigned long seconds = 0;
    std::from_chars(option->value.data(), option->value.data() + option->value.size(),
                    seconds);
    constexpr unsigned long longest = 8760UL * 3600;
    if (seconds == 0 || seconds > longest) {
      draft_.tell(seconds == 0 ? Outcome::covered : Outcome::look, option->origin,
                  "signatures do not end by default, and after a year at most");
      return;
    }
    set_in_rows(draft_, first, "expires_after", fmt::format("{}s", seconds));
    draft_.tell(Outcome::translated, option->origin,
                fmt::format("sign.key.expires_after = {}s", seconds));
  }

  Draft& draft_;
  const OldFiles& files_;
  const Options& options_;
  const SignerDialect& dialect_;
  std::string base_;
};

}  // namespace

std::optional<Unreadable> translate_signer(Draft& draft, const OldFiles& files,
                                           const Options& options,
                                           const SignerDialect& dialect) {
  return Signer{draft, files, options, dialect}.translate();
}

bool is_of_signer(std::string_view name, const SignerDialect& dialect) {
  const auto is = [&](std::string_view other) { return equal_ignoring_case(name, other); };
  return std::ranges::any_of(signer_options, is) ||
         (dialect.has_ed25519 && std::ranges::any_of(ed25519_options, is));
}

}  // namespace milterward::importing
