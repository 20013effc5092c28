// SPDX-License-Identifier: Apache-2.0
// policyd-spf.conf(5) of spf-engine 3 (postfix-policyd-spf-python, pyspf-milter).
#include <fmt/format.h>

#include <array>

#include "conf/import/common.h"
#include "conf/import/daemons.h"
#include "conf/import/hosts.h"
#include "conf/import/known_options.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"

namespace milterward::importing {
namespace {

DataSet set_of(const Option& option) {
  DataSet set;
  for (const auto& item : items_of(option.value))
    set.entries.push_back({item, "", option.origin});
  return set;
}

class SpfEngineImporter {
 public:
  SpfEngineImporter(Draft& draft, const Options& options)
      : draft_(draft), options_(options) {
    // 0 is the test: only fields are added then (policyd-spf.conf(5), TEST OPERATION).
    const auto test = options_.value("TestOnly", options_.value("defaultSeedOnly", "1"));
    refuses_ = test != "0";
  }

  std::optional<Unreadable> translate() {
    identity("HELO_reject", "Fail", "spf.on_helo_");
    identity("Mail_From_reject", "Fail", "spf.on_");
    if (options_.find("Header_Type") == nullptr)
      draft_.translate("spf.received_spf", "true",
                       {"", 0, "Header_Type = SPF, the default"});
    return for_each_that_counts(draft_, options_, [&](const Option& option) {
      if (!is_of_identity(option.name)) translate(option);
      return std::optional<Unreadable>{};
    });
  }

 private:
  static bool is_of_identity(std::string_view name) {
    return equal_ignoring_case(name, "HELO_reject") ||
           equal_ignoring_case(name, "Mail_From_reject");
  }

  void translate(const Option& option) {
    const auto is = [&](std::string_view name) {
      return equal_ignoring_case(option.name, name);
    };
    if (is("TestOnly") || is("defaultSeedOnly"))
      draft_.tell(
          Outcome::covered, option.origin,
          refuses_ ? "1 means that mail is refused" : "0 means that nothing is refused");
    else if (is("PermError_reject") || is("TempError_Defer"))
      errors(option);
    else if (is("skip_addresses") || is("Whitelist"))
      exempt(option);
    else if (is("Domain_Whitelist_PTR") || is("HELO_Whitelist"))
      names(option);
    else if (is("Header_Type"))
      header_type(option);
    else if (is("Authserv_Id"))
      translate_authserv_id(draft_, option);
    else if (is("Lookup_Time"))
      draft_.tell(Outcome::covered, option.origin,
                  "dns.message_deadline is for all questions about a message");
    else if (is("Reason_Message"))
      draft_.tell(
          Outcome::look, option.origin,
          "[[reply]] puts a rule's reply, of spf.fail for example, into your words");
    else if (!tell_known(draft_, option, spf_engine_options()))
      tell_unknown(draft_, option, "spf-engine");
  }

  /// HELO_reject and Mail_From_reject; the defaults count too.
  void identity(const std::string& name, const std::string& otherwise,
                const std::string& prefix) {
    const auto* option = options_.find(name);
    const auto origin = option != nullptr
                            ? option->origin
                            : Origin{"", 0, name + " = " + otherwise + ", the default"};
    const auto word = to_lower(options_.value(name, otherwise));
    if (word == "false" || word == "no_check") {
      draft_.tell(Outcome::covered, origin,
                  "SPF is recorded, and leads to nothing by default");
      return;
    }
    if (word == "null") {
      draft_.tell(Outcome::no_counterpart, origin,
                  "the HELO name of mail without a sender is checked as its MAIL FROM "
                  "(spf.on_fail), and not apart from that");
      return;
    }
    std::vector<std::string> findings{"fail"};
    if (word == "softfail" || word == "spf_not_pass") findings.emplace_back("softfail");
    if (word == "spf_not_pass") {
      findings.emplace_back("neutral");
      findings.emplace_back("permerror");
    }
    if (!refuses_) {
      draft_.tell(Outcome::covered, origin, "nothing is refused while TestOnly is 0");
      return;
    }
    std::string keys;
    for (const auto& finding : findings) {
      draft_.set(prefix + finding, "reject", origin);
      keys.append(keys.empty() ? "" : ", ").append(prefix).append(finding);
    }
    draft_.acts();
    draft_.tell(Outcome::translated, origin, keys + " = reject");
  }

  void errors(const Option& option) {
    if (!means_true(option.value) || !refuses_) {
      draft_.tell(Outcome::covered, option.origin, "mail is let in");
      return;
    }
    const bool permanent = equal_ignoring_case(option.name, "PermError_reject");
    const std::string finding = permanent ? "permerror" : "temperror";
    const std::string action = permanent ? "reject" : "defer";
    std::string keys;
    for (const auto& [name, prefix] :
         {std::pair{"HELO_reject", "spf.on_helo_"}, {"Mail_From_reject", "spf.on_"}}) {
      const auto word = to_lower(options_.value(name, "Fail"));
      if (word == "false" || word == "no_check") continue;
      draft_.set(prefix + finding, action, option.origin);
      keys += (keys.empty() ? "" : ", ") + (prefix + finding);
      draft_.acts();
    }
    draft_.tell(
        keys.empty() ? Outcome::covered : Outcome::translated, option.origin,
        keys.empty() ? "neither identity leads to anything" : keys + " = " + action);
  }

  void exempt(const Option& option) {
    auto hosts = hosts_of(set_of(option));
    std::erase_if(hosts.networks, [](const Host& host) {
      return host.text.starts_with("127.") || host.text.starts_with("::1");
    });
    if (hosts.networks.empty() && hosts.names.empty() && hosts.never.empty())
      draft_.tell(Outcome::covered, option.origin, "mail of this host is no stranger's");
    translate_networks(draft_, hosts, "spf.exempt", option.origin,
                       "spf.exempt takes addresses and networks only");
  }

  void names(const Option& option) {
    const bool below = equal_ignoring_case(option.name, "Domain_Whitelist_PTR");
    for (const auto& item : items_of(option.value)) {
      const auto domain = Domain::parse(item);
      if (!domain) continue;
      if (!below) {
        draft_.tell(Outcome::no_counterpart, option.origin,
                    fmt::format("{}: a name in HELO frees nobody; give the address of this "
                                "host to spf.exempt",
                                domain->name()));
        continue;
      }
      draft_.add("exempt.hosts", domain->name(), option.origin);
      draft_.add("exempt.hosts", "." + domain->name(), option.origin);
      draft_.tell(Outcome::translated, option.origin, "exempt.hosts");
      draft_.tell(
          Outcome::look, option.origin,
          "exempt.hosts leaves these hosts alone in DKIM and DMARC, too; spf.exempt, "
          "for SPF alone, takes addresses only");
    }
  }

  void header_type(const Option& option) {
    if (equal_ignoring_case(option.value, "SPF"))
      draft_.translate("spf.received_spf", "true", option.origin);
    else
      draft_.tell(Outcome::covered, option.origin,
                  "SPF stands in the one Authentication-Results field");
  }

  Draft& draft_;
  const Options& options_;
  bool refuses_ = true;
};

}  // namespace

std::optional<Unreadable> import_spf_engine(Draft& draft, const OldFiles& files,
                                            const std::vector<std::string>& paths) {
  return for_each_file(files, paths, Separator::equals, [&](const Options& options) {
    return SpfEngineImporter{draft, options}.translate();
  });
}

}  // namespace milterward::importing
