// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/keys.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/named_keys.h"
#include "policy/chores/key_keeper.h"
#include "policy/sign/key_publication.h"

namespace milterward::commands {
namespace {

using chores::KeptKey;
using chores::KeyKeeper;
using ports::KeyState;
using Json = nlohmann::ordered_json;

std::string time_of(WallTime time) {
  return time == WallTime{} ? "" : fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time));
}

Json to_json(const std::vector<sign::ServerView>& servers) {
  Json all = Json::array();
  for (const auto& view : servers)
    all.push_back(
        {{"server", view.server}, {"address", view.address}, {"dns", view.says()}});
  return all;
}

/// Those that say the same as everybody need no lines.
void print_text(const std::vector<sign::ServerView>& servers) {
  for (const auto& view : servers)
    if (view.shown != sign::Shown::yes)
      fmt::print("  asked directly, {}: {}\n", view.place(), view.says());
}

Json to_json(const Domain& domain, const KeptKey& key) {
  const auto& standing = key.life.standing;
  Json json{{"domain", domain.name()},
            {"selector", standing.selector},
            {"state", to_text(standing.state)},
            {"since", time_of(standing.since)},
            {"name", sign::key_record_name(standing.selector, domain)}};
  if (key.key) {
    json["algorithm"] = to_text(key.key->algorithm());
    json["bits"] = key.key->bits();
    json["dns"] = to_text(key.life.shown);
    json["value"] = sign::key_record_text(*key.key);
  }
  if (!key.servers.empty()) json["servers"] = to_json(key.servers);
  if (!key.trouble.empty()) json["trouble"] = key.trouble;
  return json;
}

void print_text(const Domain& domain, const KeptKey& key) {
  const auto& standing = key.life.standing;
  const auto since = time_of(standing.since);
  fmt::print("{} {} {}{}{}", domain.name(), standing.selector, to_text(standing.state),
             since.empty() ? "" : " since ", since);
  if (key.key)
    fmt::print(", {} of {} bits, in DNS: {}\n", to_text(key.key->algorithm()),
               key.key->bits(), to_text(key.life.shown));
  else
    fmt::print("{}{}\n",
               key.trouble.empty() ? ", taken away" : ", cannot be used: ", key.trouble);
  print_text(key.servers);
  if (key.key && standing.state == KeyState::fresh)
    fmt::print("{}",
               sign::zone_file_record(sign::key_record_name(standing.selector, domain),
                                      sign::key_record_text(*key.key)));
}

Json to_json(const NamedKey& named) {
  const auto& settings = *named.settings;
  Json json{{"domain", settings.domain.name()},
            {"selector", settings.selector},
            {"state", "named"},
            {"file", settings.file},
            {"name", sign::key_record_name(settings.selector, settings.domain)}};
  if (named.key) {
    json["algorithm"] = to_text(named.key->algorithm());
    json["bits"] = named.key->bits();
    json["dns"] = to_text(named.shown);
    json["value"] = sign::key_record_text(*named.key);
    if (!named.servers.empty()) json["servers"] = to_json(named.servers);
  } else {
    json["trouble"] = named.trouble;
  }
  return json;
}

void print_text(const NamedKey& named) {
  const auto& settings = *named.settings;
  fmt::print("{} {} named, ", settings.domain.name(), settings.selector);
  if (!named.key) {
    fmt::print("cannot be used: {}\n", named.trouble);
    return;
  }
  fmt::print("{} of {} bits, in DNS: {}\n", to_text(named.key->algorithm()),
             named.key->bits(), to_text(named.shown));
  print_text(named.servers);
  if (named.shown != sign::Shown::yes && named.shown != sign::Shown::partly &&
      named.shown != sign::Shown::unanswered)
    fmt::print("{}", sign::zone_file_record(
                         sign::key_record_name(settings.selector, settings.domain),
                         sign::key_record_text(*named.key)));
}

/// Would receivers refuse what it signs?
bool signs_in_vain(const KeptKey& key) {
  return key.life.standing.state == KeyState::active && key.key &&
         key.life.shown != sign::Shown::yes;
}

/// Those that look, and change nothing.
bool only_looks(const KeysArguments& arguments) {
  return arguments.action == "list" || arguments.action == "check";
}

class KeysCommand {
 public:
  KeysCommand(const KeysArguments& arguments, Output output, KeyKeeper& keeper,
              Services& services)
      : arguments_(arguments), output_(output), keeper_(keeper), services_(services) {}

  /// `all` has what is printed as JSON beside it.
  int run(const std::vector<Domain>& domains, Json& all) {
    int code = ok;
    for (const auto& domain : domains) {
      if (auto fault = act(domain)) {
        code = complain("keys", failed, fault->reason);
        continue;
      }
      const auto keys = arguments_.action == "tend"
                            ? keeper_.tend(domain, soon())
                            : keeper_.look(domain, directly(), soon());
      if (!keys) {
        code = complain("keys", failed, keys.fault().reason);
        continue;
      }
      for (const auto& key : *keys) {
        if (arguments_.action == "check" && signs_in_vain(key)) code = failed;
        if (output_ == Output::json)
          all.push_back(to_json(domain, key));
        else
          print_text(domain, key);
      }
    }
    return code;
  }

 private:
  KeyKeeper::Directly directly() const {
    return arguments_.action == "check" ? KeyKeeper::Directly::every
                                        : KeyKeeper::Directly::none;
  }
  Deadline soon() const {
    return Deadline::after(*services_.clock, services_.config->dns.message_deadline);
  }
  std::optional<ports::KeyFault> act(const Domain& domain) {
    if (arguments_.action == "activate")
      return keeper_.activate(domain, arguments_.selector, soon());
    if (arguments_.action == "retire") return keeper_.retire(domain, arguments_.selector);
    if (arguments_.action == "rotate") return keeper_.rotate(domain, soon());
    return std::nullopt;
  }

  const KeysArguments& arguments_;
  const Output output_;
  KeyKeeper& keeper_;
  Services& services_;
};

/// The keys below sign.directory, of one domain or of all.
int kept_keys(const KeysArguments& arguments, Output output,
              const MakeKeyCabinet& make_cabinet, Services& services,
              const std::optional<Domain>& domain, Json& all) {
  const auto& config = *services.config;
  const auto cabinet = make_cabinet(config.sign.directory, config.daemon.user);
  KeyKeeper keeper{
      {*cabinet.keys,
       *cabinet.store,
       *cabinet.states,
       *services.dns,
       services.name_servers.get(),
       *services.clock,
       {}},
      {std::chrono::duration_cast<std::chrono::seconds>(config.sign.rotate_every),
       std::chrono::duration_cast<std::chrono::seconds>(config.sign.retire_after),
       config.sign.ask_authoritative}};
  std::vector<Domain> domains;
  if (domain) {
    domains.push_back(*domain);
  } else {
    auto known = cabinet.states->domains();
    if (!known) return complain("keys", failed, known.fault().reason);
    domains = std::move(*known);
  }
  return KeysCommand{arguments, output, keeper, services}.run(domains, all);
}

}  // namespace

int keys(const KeysArguments& arguments, const ByHand& by_hand,
         const MakeKeyCabinet& make_cabinet) {
  const bool needs_selector =
      arguments.action == "activate" || arguments.action == "retire";
  if ((needs_selector || arguments.action == "rotate") && arguments.domain.empty())
    return complain("keys", wrong_usage, arguments.action + " needs a domain");
  if (needs_selector == arguments.selector.empty())
    return complain("keys", wrong_usage,
                    needs_selector ? arguments.action + " needs a selector"
                                   : arguments.action + " takes no selector");
  const auto config = config_of(by_hand);
  if (config.sign.directory.empty() && !only_looks(arguments))
    return complain("keys", wrong_config,
                    "sign.directory is not set; keys of [[sign.key]] have no "
                    "life of their own");
  std::optional<Domain> domain;
  if (!arguments.domain.empty()) {
    const auto parsed = Domain::parse(arguments.domain);
    if (!parsed)
      return complain("keys", wrong_usage,
                      fmt::format("\"{}\" is no domain: {}", arguments.domain,
                                  to_text(parsed.fault())));
    domain = *parsed;
  }
  const auto services = services_of(by_hand, config);
  if (!services) return failed;
  Json all = Json::array();
  int code = ok;
  if (!config.sign.directory.empty())
    code = kept_keys(arguments, by_hand.output, make_cabinet, *services, domain, all);
  auto* servers = arguments.action == "check" ? services->name_servers.get() : nullptr;
  if (only_looks(arguments))
    for (const auto& named : named_keys(*services, domain, servers)) {
      if (arguments.action == "check" && named.shown != sign::Shown::yes) code = failed;
      if (by_hand.output == Output::json)
        all.push_back(to_json(named));
      else
        print_text(named);
    }
  if (by_hand.output == Output::json) fmt::print("{}\n", all.dump(2));
  return std::fflush(stdout) == 0 ? code : failed;
}

}  // namespace milterward::commands
