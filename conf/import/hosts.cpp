// SPDX-License-Identifier: Apache-2.0
#include "conf/import/hosts.h"

#include <fmt/format.h>

#include <charconv>

#include "conf/import/write.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"
#include "policy/mail/network.h"

namespace milterward::importing {
namespace {

constexpr std::string_view mapped = "::ffff:";

/// "[192.0.2.1]" and "[2001:db8::]/32" lose their brackets; "::ffff:127.0.0.0/104" is the
/// IPv4 network it stands for.
std::string without_frills(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != '[' && c != ']') plain += to_lower(c);
  const auto slash = plain.find('/');
  if (!plain.starts_with(mapped) || plain.find('.') == std::string::npos) return plain;
  const auto address = plain.substr(mapped.size(), slash - mapped.size());
  if (slash == std::string::npos) return plain.substr(mapped.size());
  unsigned prefix = 0;
  std::from_chars(plain.data() + slash + 1, plain.data() + plain.size(), prefix);
  return prefix < 96 || prefix > 128 ? plain : fmt::format("{}/{}", address, prefix - 96);
}

bool looks_like_a_network(std::string_view text) {
  return text.find(':') != std::string_view::npos ||
         text.find_first_not_of("0123456789./") == std::string_view::npos;
}

}  // namespace

Hosts hosts_of(const DataSet& set) {
  Hosts hosts;
  for (const auto& entry : set.entries) {
    if (entry.key.starts_with("!")) {
      hosts.excluded.push_back({{entry.key, entry.origin}, "it takes a host out again"});
      continue;
    }
    auto text = without_frills(entry.key);
    if (set.patterns && text.starts_with("*.")) text.erase(0, 1);
    const Host host{text, entry.origin};
    const auto network = Network::parse(text);
    if (network) {
      hosts.networks.push_back(host);
    } else if (looks_like_a_network(text)) {
      hosts.never.push_back({host, std::string{to_text(network.fault())}});
    } else if (text == "localhost") {
      hosts.networks.push_back({"127.0.0.0/8", entry.origin});
      hosts.networks.push_back({"::1/128", entry.origin});
    } else if (text.find('*') != std::string::npos) {
      hosts.never.push_back({host, "\"*\" has no meaning there"});
    } else if (const auto name = Domain::parse(
                   std::string_view{text}.substr(text.starts_with(".") ? 1 : 0))) {
      hosts.names.push_back(
          {(text.starts_with(".") ? "." : "") + name->name(), entry.origin});
    } else {
      hosts.never.push_back({host, "it is neither a network nor a name"});
    }
  }
  return hosts;
}

void translate_networks(Draft& draft, const Hosts& hosts, const std::string& key,
                        const Origin& said, const std::string& about_names) {
  std::size_t taken = 0;
  for (const auto& [text, origin] : hosts.networks) {
    if (const auto refusal = refusal_of(key, text)) {
      draft.tell(Outcome::look, origin,
                 fmt::format("{} is not put into {}: {}", text, key, *refusal));
      continue;
    }
    if (taken++ == 0) draft.begin_list(key, said);
    draft.add(key, text, origin);
  }
  if (taken > 0) draft.tell(Outcome::translated, said, key);
  for (const auto& [text, origin] : hosts.names)
    draft.tell(Outcome::look, origin, fmt::format("{}: {}", text, about_names));
  for (const auto& [host, why] : hosts.excluded)
    draft.tell(Outcome::no_counterpart, host.origin,
               fmt::format("{}: {} cannot leave out a part of a network; write the "
                           "networks that are left",
                           host.text, key));
  for (const auto& [host, why] : hosts.never)
    draft.tell(Outcome::look, host.origin,
               fmt::format("{}: {}, so that it may never have matched; it is left out",
                           host.text, why));
}

}  // namespace milterward::importing
