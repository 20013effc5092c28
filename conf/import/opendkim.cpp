// SPDX-License-Identifier: Apache-2.0
// opendkim.conf(5) of opendkim 2.11.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conf/import/common.h"
#include "conf/import/daemons.h"
#include "conf/import/hosts.h"
#include "conf/import/known_options.h"
#include "conf/import/signer.h"
#include "conf/import/steps.h"
#include "conf/import/write.h"
#include "policy/base/ascii.h"

namespace milterward::importing {
namespace {

constexpr SignerDialect opendkim_dialect{"opendkim", "simple/simple", "simple", false};

/// Which of our keys says what that daemon says with On-...; "" where none does.
struct Reaction {
  std::string_view option;
  std::string_view key;
};
constexpr auto reactions = std::to_array<Reaction>({
    {"On-BadSignature", "dkim.on_fail"},
    {"On-KeyNotFound", "dkim.on_permerror"},
    {"On-NoSignature", "dkim.on_none"},
    {"On-DNSError", "dkim.on_temperror"},
});

std::string_view action_of(std::string_view word) {
  switch (word.empty() ? ' ' : to_lower(word.front())) {
    case 'a':
      return "accept";
    case 'q':
      return "quarantine";
    case 'r':
      return "reject";
    case 't':
      return "defer";
    default:
      return "";  // discard
  }
}

class OpendkimImporter {
 public:
  OpendkimImporter(Draft& draft, const OldFiles& files, const Options& options)
      : draft_(draft), files_(files), options_(options) {}

  std::optional<Unreadable> translate() {
    if (auto fault = translate_signer(draft_, files_, options_, opendkim_dialect))
      return fault;
    verifies_ = options_.value("Mode", "sv").find('v') != std::string::npos;
    auto fault = for_each_that_counts(draft_, options_,
                                      [&](const Option& option) { return take(option); });
    if (verifies_) tell_of_dns_errors();
    return fault;
  }

 private:
  std::optional<Unreadable> take(const Option& option) {
    if (is_of_signer(option.name, opendkim_dialect)) return std::nullopt;
    if (const auto* step = step_for(steps(), option.name))
      return (this->*step->take)(option);
    if (!translate_shared(draft_, option) &&
        !tell_known(draft_, option, opendkim_options()))
      tell_unknown(draft_, option, "opendkim");
    return std::nullopt;
  }

  using Told = std::optional<Unreadable>;

  static std::span<const Step<OpendkimImporter>> steps() {
    static constexpr auto all = std::to_array<Step<OpendkimImporter>>({
        {"Nameservers", &OpendkimImporter::nameservers},
        {"TrustAnchorFile", &OpendkimImporter::trust_anchor},
        {"RemoveARFrom", &OpendkimImporter::remove_from},
        {"RequiredHeaders", &OpendkimImporter::required_headers},
        {"Quarantine", &OpendkimImporter::quarantine},
        {"RedirectFailuresTo", &OpendkimImporter::redirect},
        {"PeerList", &OpendkimImporter::peers},
        {"On-Default", &OpendkimImporter::reaction},
        {"On-BadSignature", &OpendkimImporter::reaction},
        {"On-KeyNotFound", &OpendkimImporter::reaction},
        {"On-NoSignature", &OpendkimImporter::reaction},
        {"On-DNSError", &OpendkimImporter::reaction},
        {"On-SignatureError", &OpendkimImporter::signature_error},
    });
    return all;
  }

  Told nameservers(const Option& option) {
    std::size_t taken = 0;
    for (const auto& server : items_of(option.value)) {
      if (const auto refusal = refusal_of("dns.servers", server)) {
        draft_.tell(Outcome::look, option.origin, *refusal);
        continue;
      }
      draft_.add("dns.servers", server, option.origin);
      ++taken;
    }
    if (taken > 0) draft_.tell(Outcome::translated, option.origin, "dns.servers");
    return std::nullopt;
  }

  Told trust_anchor(const Option& option) {
    const auto file = absolute(option.value, options_.value("BaseDirectory"));
    if (files_.read(file))
      draft_.translate("dns.trust_anchor_file", file, option.origin);
    else
      draft_.tell(Outcome::look, option.origin,
                  "there is no such file here (package dns-root-data): answers are not "
                  "validated before dns.trust_anchor_file names one");
    return std::nullopt;
  }

  Told remove_from(const Option& option) {
    const auto set =
        read_data_set(files_, option.value, option.origin, options_.value("BaseDirectory"));
    if (!set) return set.fault();
    for (const auto& entry : set->entries) {
      if (entry.key == "HOSTNAME") continue;
      if (entry.key.starts_with(".") || refusal_of("authres.also_remove", entry.key)) {
        draft_.tell(
            Outcome::no_counterpart, entry.origin,
            fmt::format("{}: authres.also_remove takes whole host names; write those "
                        "of your hosts",
                        entry.key));
        continue;
      }
      draft_.add("authres.also_remove", entry.key, entry.origin);
      draft_.tell(Outcome::translated, option.origin, "authres.also_remove");
    }
    return std::nullopt;
  }

  Told required_headers(const Option& option) {
    if (tell_if_off(draft_, option)) return std::nullopt;
    for (const auto* key : {"inbound.no_from", "inbound.several_from"})
      draft_.set(key, "reject", option.origin);
    draft_.acts();
    draft_.tell(Outcome::translated, option.origin,
                "inbound.no_from and inbound.several_from = reject; other fields that are "
                "missing, or there twice, are not looked at");
    return std::nullopt;
  }

  Told quarantine(const Option& option) {
    if (means_true(option.value))
      act(option, "dkim.on_fail", "quarantine");
    else
      draft_.tell(Outcome::covered, option.origin, "it is switched off");
    return std::nullopt;
  }

  Told redirect(const Option& option) {
    if (const auto refusal = refusal_of("inbound.redirect_to", option.value)) {
      draft_.tell(Outcome::look, option.origin, *refusal);
      return std::nullopt;
    }
    draft_.set("inbound.redirect_to", option.value, option.origin);
    act(option, "dkim.on_fail", "redirect");
    return std::nullopt;
  }

  Told peers(const Option& option) {
    const auto set =
        read_data_set(files_, option.value, option.origin, options_.value("BaseDirectory"));
    if (!set) return set.fault();
    const bool reacts = std::ranges::any_of(reactions, [&](const Reaction& row) {
      return action_of(options_.value(row.option,
                                      options_.value("On-Default", "accept"))) != "accept";
    });
    if (reacts && set->readable) {
      draft_.tell(
          Outcome::look, option.origin,
          "exempt.networks leaves these hosts alone in SPF and DMARC, too, and their "
          "mail is verified all the same");
      translate_networks(draft_, hosts_of(*set), "exempt.networks", option.origin,
                         "a name that leads back to the client may stand in exempt.hosts");
    } else {
      draft_.tell(
          Outcome::look, option.origin,
          "mail of these hosts is verified, which is only recorded; and signed where "
          "they are in relay.trusted_networks");
    }
    return std::nullopt;
  }

  Told reaction(const Option& option) {
    if (!verifies_) {
      draft_.tell(Outcome::covered, option.origin, "it verifies nothing in this mode");
      return std::nullopt;
    }
    const bool is_default = equal_ignoring_case(option.name, "On-Default");
    const auto action = action_of(option.value);
    if (action.empty()) {
      draft_.tell(Outcome::no_counterpart, option.origin,
                  "no mail is thrown away behind the sender's back; choose \"reject\" or "
                  "\"quarantine\"");
      return std::nullopt;
    }
    for (const auto& row : reactions) {
      const bool is_this = equal_ignoring_case(option.name, row.option);
      if (!is_this && !(is_default && options_.find(row.option) == nullptr)) continue;
      if (action == "accept")
        draft_.tell(Outcome::covered, option.origin, fmt::format("{} = accept", row.key));
      else
        act(option, std::string{row.key}, std::string{action});
    }
    return std::nullopt;
  }

  Told signature_error(const Option& option) {
    const auto action = action_of(option.value);
    if (action == "accept" || action == "reject")
      draft_.translate("sign.on_missing_key", action == "accept" ? "pass" : "reject",
                       option.origin);
    else
      draft_.tell(action == "defer" ? Outcome::covered : Outcome::no_counterpart,
                  option.origin, "sign.on_missing_key = defer: the sender keeps the mail");
    return std::nullopt;
  }

  void act(const Option& option, const std::string& key, const std::string& action) {
    // opendkim 2.11 asks the mail server for its quarantine with that option only.
    if (action == "quarantine" && !options_.is_true("CaptureUnknownErrors")) {
      draft_.tell(
          Outcome::look, option.origin,
          fmt::format("without CaptureUnknownErrors opendkim held nothing, and such "
                      "mail was let in; {} = \"quarantine\" with inbound.quarantine = "
                      "\"hold\" would hold it",
                      key));
      return;
    }
    draft_.translate(key, action, option.origin);
    if (action == "quarantine") draft_.set("inbound.quarantine", "hold", option.origin);
    draft_.acts();
  }

  void tell_of_dns_errors() {
    if (options_.find("On-DNSError") != nullptr || options_.find("On-Default") != nullptr)
      return;
    draft_.tell(
        Outcome::look, {"", 0, "opendkim"},
        "its default told mail to come back while a key could not be looked up; "
        "here such mail is let in (dkim.on_temperror = \"defer\" with inbound.mode = "
        "\"enforce\" does as it did)");
  }

  Draft& draft_;
  const OldFiles& files_;
  const Options& options_;
  bool verifies_ = true;
};

}  // namespace

std::optional<Unreadable> import_opendkim(Draft& draft, const OldFiles& files,
                                          const std::vector<std::string>& paths) {
  return for_each_file(files, paths, Separator::blank, [&](const Options& options) {
    return OpendkimImporter{draft, files, options}.translate();
  });
}

}  // namespace milterward::importing
