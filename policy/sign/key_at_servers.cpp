// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/key_at_servers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>

#include "policy/base/unreachable.h"
#include "policy/sign/key_publication.h"
#include "policy/sign/zone_servers.h"

namespace milterward::sign {
namespace {

using conf::AskAuthoritative;

/// Names that stand for names that stand for names: more are a fault of the zone's.
constexpr int most_aliases = 4;

bool are_enough(std::size_t answered, std::size_t all, AskAuthoritative rule) {
  switch (rule) {
    case AskAuthoritative::off:
      return true;
    case AskAuthoritative::any:
      return answered > 0;
    case AskAuthoritative::most:
      return 2 * answered > all;
    case AskAuthoritative::all:
      return all > 0 && answered == all;
  }
  unreachable();
}

/// What the servers of the zone of `name` say of the key. `alias`: what the resolver says
/// that the name stands for; a server has to say the same.
std::vector<ServerView> ask_servers(const Askers& askers, const std::string& name,
                                    const std::string& alias, const ports::PrivateKey& key,
                                    Deadline deadline) {
  std::vector<ServerView> views;
  std::vector<std::pair<std::size_t, IpAddress>> addresses;  // and whose view it is
  for (const auto& server : find_zone_servers(askers.dns, name, deadline)) {
    if (server.addresses.empty())
      views.push_back({server.name, "", Shown::unanswered, "no address"});
    for (const auto& address : server.addresses) {
      addresses.emplace_back(views.size(), address);
      views.push_back({server.name, address.text(), Shown::unanswered, ""});
    }
  }
  std::vector<IpAddress> asked;
  for (const auto& [view, address] : addresses) asked.push_back(address);
  const auto answers = askers.servers->texts_of(name, asked, deadline);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    auto& view = views[addresses[i].first];
    if (!answers[i])
      view.trouble = to_text(answers[i].fault());
    else if (answers[i]->alias != alias)
      view.shown = answers[i]->texts.empty() ? Shown::missing : Shown::altered;
    else
      view.shown = alias.empty() ? shown_by(answers[i]->texts, key) : Shown::yes;
  }
  return views;
}

}  // namespace

std::string ServerView::place() const {
  return address.empty() ? server : fmt::format("{} ({})", server, address);
}

std::string ServerView::says() const {
  return trouble.empty() ? std::string{to_text(shown)} : trouble;
}

Shown judged(const std::vector<ServerView>& views, AskAuthoritative rule, Silence silence) {
  if (rule == AskAuthoritative::off) return Shown::yes;
  std::set<std::string_view> servers;
  std::set<std::string_view> answered;
  for (const auto& view : views) {
    servers.insert(view.server);
    if (view.shown == Shown::unanswered) continue;
    if (view.shown != Shown::yes) return Shown::partly;
    answered.insert(view.server);
  }
  return silence == Silence::passes || are_enough(answered.size(), servers.size(), rule)
             ? Shown::yes
             : Shown::unanswered;
}

bool is_gone(const KeyView& view) {
  const auto may_be_there = [](Shown shown) {
    return shown == Shown::yes || shown == Shown::several;
  };
  return view.shown != Shown::unanswered && view.shown != Shown::partly &&
         !may_be_there(view.shown) &&
         std::ranges::none_of(view.servers, may_be_there, &ServerView::shown);
}

KeyView look_up_everywhere(const Askers& askers, std::string_view selector,
                           const Domain& domain, const ports::PrivateKey& key,
                           Deadline deadline) {
  const auto resolver = look_up_shown(askers.dns, selector, domain, key, deadline);
  KeyView all{resolver, {}, resolver};
  if (askers.servers == nullptr || askers.rule == AskAuthoritative::off) return all;
  auto name = key_record_name(selector, domain);
  for (int aliases = 0; aliases <= most_aliases; ++aliases) {
    const auto answer = askers.dns.look_up({name, ports::DnsType::cname}, deadline);
    const auto alias =
        answer && !(*answer)->names.empty() ? (*answer)->names.front() : std::string{};
    auto views = ask_servers(askers, name, alias, key, deadline);
    const auto shown = judged(views, askers.rule, askers.silence);
    if (all.shown == Shown::yes) all.shown = shown;
    std::ranges::move(views, std::back_inserter(all.servers));
    if (alias.empty()) return all;
    name = alias;
  }
  all.shown = Shown::unanswered;  // more aliases than anybody follows
  return all;
}

}  // namespace milterward::sign
