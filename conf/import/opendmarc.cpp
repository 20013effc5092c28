// SPDX-License-Identifier: Apache-2.0
// opendmarc.conf(5) of opendmarc 1.4.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conf/import/common.h"
#include "conf/import/daemons.h"
#include "conf/import/hosts.h"
#include "conf/import/known_options.h"
#include "conf/import/steps.h"
#include "conf/import/write.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"

namespace milterward::importing {
namespace {

/// "rejected by DMARC policy for %s" with our placeholder.
std::string reply_of(std::string_view text) {
  std::string reply;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 1 < text.size() && text[i + 1] == 's') {
      reply += "{author_domain}";
      ++i;
    } else {
      reply += text[i] == '{' ? "{{" : std::string{text[i]};
    }
  }
  return reply;
}

class OpendmarcImporter {
 public:
  OpendmarcImporter(Draft& draft, const OldFiles& files, const Options& options)
      : draft_(draft), files_(files), options_(options) {}

  std::optional<Unreadable> translate() {
    if (options_.find("PublicSuffixList") == nullptr)
      draft_.tell(
          Outcome::look, {"", 0, "opendmarc"},
          "without PublicSuffixList it knew no domain above that of From; here mail "
          "of subdomains comes under the policy of their parent, as DMARC wants it");
    return for_each_that_counts(draft_, options_,
                                [&](const Option& option) { return take(option); });
  }

 private:
  std::optional<Unreadable> take(const Option& option) {
    if (const auto* step = step_for(steps(), option.name))
      return (this->*step->take)(option);
    if (!translate_shared(draft_, option) &&
        !tell_known(draft_, option, opendmarc_options()))
      tell_unknown(draft_, option, "opendmarc");
    return std::nullopt;
  }

  using Told = std::optional<Unreadable>;

  static std::span<const Step<OpendmarcImporter>> steps() {
    static constexpr auto all = std::to_array<Step<OpendmarcImporter>>({
        {"TrustedAuthservIDs", &OpendmarcImporter::trusted_ids},
        {"RejectFailures", &OpendmarcImporter::reject_failures},
        {"HoldQuarantinedMessages", &OpendmarcImporter::hold},
        {"RejectMultiValueFrom", &OpendmarcImporter::several_authors},
        {"RequiredHeaders", &OpendmarcImporter::required_headers},
        {"RejectString", &OpendmarcImporter::reject_text},
        {"IgnoreHosts", &OpendmarcImporter::ignore_hosts},
        {"IgnoreMailFrom", &OpendmarcImporter::ignore_domains},
        {"DomainWhitelist", &OpendmarcImporter::trusted_sealers},
        {"DomainWhitelistFile", &OpendmarcImporter::trusted_sealers_file},
    });
    return all;
  }

  std::string base() const { return options_.value("BaseDirectory"); }

  Told trusted_ids(const Option& option) {
    for (const auto& id : items_of(option.value)) {
      if (id == "HOSTNAME" || equal_ignoring_case(id, options_.value("AuthservID")))
        draft_.tell(
            Outcome::covered, option.origin,
            "SPF and DKIM are evaluated here, not read from fields of other filters");
      else
        draft_.tell(
            Outcome::look, option.origin,
            fmt::format("{}: results of another host do not count for DMARC; name a "
                        "gateway of yours in relay.upstream, and its name in "
                        "authres.keep_from_upstream if its fields shall stay",
                        printable(id, 80)));
    }
    return std::nullopt;
  }

  Told reject_failures(const Option& option) {
    if (tell_if_off(draft_, option, "inbound.mode \"monitor\" refuses nothing"))
      return std::nullopt;
    draft_.acts();
    draft_.set("dmarc.on_reject", "reject", option.origin);
    draft_.set("dmarc.reject", "always", option.origin);
    draft_.set("dmarc.on_temperror", "defer", option.origin);
    draft_.tell(
        Outcome::translated, option.origin,
        "dmarc.on_reject = reject, dmarc.reject = always, dmarc.on_temperror = defer");
    draft_.tell(Outcome::look, option.origin,
                "while DNS is silent mail is told to come back, as its manual promises; "
                "opendmarc 1.4 lets it in (dmarc.on_temperror = \"accept\" does as well)");
    draft_.tell(Outcome::look, option.origin,
                "mailing lists and forwarders lose mail by this; dmarc.reject = "
                "\"corroborated\", our default, refuses only what a second finding speaks "
                "against (RFC 9989 section 7.4)");
    return std::nullopt;
  }

  Told hold(const Option& option) {
    if (tell_if_off(draft_, option, "mail is not held")) return std::nullopt;
    draft_.acts();
    draft_.set("dmarc.on_quarantine", "quarantine", option.origin);
    draft_.set("inbound.quarantine", "hold", option.origin);
    draft_.tell(Outcome::translated, option.origin,
                "dmarc.on_quarantine = quarantine, inbound.quarantine = hold");
    return std::nullopt;
  }

  Told several_authors(const Option& option) {
    if (tell_if_off(draft_, option, "DMARC is evaluated for each domain of From"))
      return std::nullopt;
    draft_.acts();
    for (const auto* key : {"inbound.several_domains", "inbound.too_many_domains"})
      draft_.set(key, "reject", option.origin);
    draft_.tell(Outcome::translated, option.origin,
                "inbound.several_domains and inbound.too_many_domains = reject");
    return std::nullopt;
  }

  Told required_headers(const Option& option) {
    if (tell_if_off(draft_, option)) return std::nullopt;
    draft_.acts();
    for (const auto* key : {"inbound.no_from", "inbound.several_from",
                            "inbound.malformed_from", "inbound.no_author"})
      draft_.set(key, "reject", option.origin);
    draft_.tell(
        Outcome::translated, option.origin,
        "inbound.no_from, several_from, malformed_from and no_author = reject; other "
        "fields that are missing, or there twice, are not looked at");
    return std::nullopt;
  }

  Told reject_text(const Option& option) {
    const auto reply = reply_of(option.value);
    Row row{"reply", {option.origin}, {}, false};
    row.set("rule", "dmarc.reject");
    row.set("text", reply);
    Draft alone;
    alone.rows().push_back(row);
    if (const auto refusal = refusal_of(alone)) {
      draft_.tell(Outcome::no_counterpart, option.origin,
                  fmt::format("a [[reply]] of this text {}", *refusal));
      return std::nullopt;
    }
    draft_.rows().push_back(std::move(row));
    draft_.tell(Outcome::translated, option.origin, "[[reply]] for dmarc.reject");
    return std::nullopt;
  }

  Told ignore_hosts(const Option& option) {
    const auto set = read_data_set(files_, "file:" + option.value, option.origin, base());
    if (!set) return set.fault();
    const auto hosts = hosts_of(*set);
    Row networks = override_row(option), names = override_row(option);
    std::vector<std::string> listed, named;
    for (const auto& [text, origin] : hosts.networks) {
      if (text.starts_with("127.") || text.starts_with("::1")) continue;  // ours anyway
      listed.push_back(text);
    }
    for (const auto& [text, origin] : hosts.names) named.push_back(text);
    add_override(std::move(networks), "networks", listed);
    add_override(std::move(names), "hosts", named);
    if (listed.empty() && named.empty())
      draft_.tell(Outcome::covered, option.origin, "mail of this host is no stranger's");
    else
      draft_.tell(Outcome::translated, option.origin,
                  "[[dmarc.override]]: DMARC is evaluated for these hosts, and no policy "
                  "applies");
    for (const auto& odd : hosts.excluded)
      draft_.tell(Outcome::no_counterpart, odd.host.origin,
                  fmt::format("{}: an override cannot leave out a part of a network",
                              odd.host.text));
    for (const auto& odd : hosts.never)
      draft_.tell(Outcome::look, odd.host.origin,
                  fmt::format("{}: {}; it is left out", odd.host.text, odd.why));
    return std::nullopt;
  }

  Told ignore_domains(const Option& option) {
    std::vector<std::string> domains;
    for (const auto& item : items_of(option.value)) {
      const auto domain = Domain::parse(item);
      if (domain) domains.push_back(domain->name());
    }
    add_override(override_row(option), "author_domains", domains);
    if (domains.empty()) return std::nullopt;
    draft_.tell(Outcome::translated, option.origin, "[[dmarc.override]]");
    draft_.tell(Outcome::look, option.origin,
                "anybody may write as these domains, as before: name networks, hosts or "
                "authenticated in the row as well");
    return std::nullopt;
  }

  Told trusted_sealers(const Option& option) {
    add_sealers(items_of(option.value), option);
    return std::nullopt;
  }

  Told trusted_sealers_file(const Option& option) {
    const auto set = read_data_set(files_, "file:" + option.value, option.origin, base());
    if (!set) return set.fault();
    std::vector<std::string> domains;
    for (const auto& entry : set->entries) domains.push_back(entry.key);
    add_sealers(domains, option);
    return std::nullopt;
  }

  void add_sealers(const std::vector<std::string>& domains, const Option& option) {
    for (const auto& domain : domains) {
      if (const auto refusal = refusal_of("arc.trusted_sealers", domain)) {
        draft_.tell(Outcome::look, option.origin, *refusal);
        continue;
      }
      draft_.add("arc.trusted_sealers", domain, option.origin);
      draft_.tell(Outcome::translated, option.origin, "arc.trusted_sealers");
    }
  }

  Row override_row(const Option& option) const {
    Row row{"dmarc.override", {option.origin}, {}, false};
    row.set("treat_as", "none");
    row.set("reason", "local_policy");
    return row;
  }

  void add_override(Row row, const std::string& key,
                    const std::vector<std::string>& items) {
    if (items.empty()) return;
    row.set_list(key, items);
    draft_.rows().push_back(std::move(row));
  }

  Draft& draft_;
  const OldFiles& files_;
  const Options& options_;
};

}  // namespace

std::optional<Unreadable> import_opendmarc(Draft& draft, const OldFiles& files,
                                           const std::vector<std::string>& paths) {
  return for_each_file(files, paths, Separator::blank, [&](const Options& options) {
    return OpendmarcImporter{draft, files, options}.translate();
  });
}

}  // namespace milterward::importing
