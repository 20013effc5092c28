// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/own_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "conf/load.h"
#include "policy/base/ascii.h"

namespace milterward::attach {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t longest_line = 100;

struct Key {
  std::string table;
  std::string name;
  std::string value;  // as TOML
  std::string source;

  std::string path() const { return table + "." + name; }
};

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string array_of(const Words& words) {
  Words all;
  for (const auto& word : words) all.push_back(in_quotes(word));
  auto line = fmt::format("[{}]", fmt::join(all, ", "));
  if (line.size() <= longest_line) return line;
  return fmt::format("[\n    {},\n]", fmt::join(all, ",\n    "));
}

/// Behind the line "[table]", or at the end below a line of its own.
std::string with_key(const std::string& text, const Key& key) {
  const auto addition = fmt::format(
      "# Taken over from Postfix ({}) by \"milterward attach postfix\".\n{} = {}\n",
      key.source, key.name, key.value);
  const auto head = fmt::format("[{}]", key.table);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = std::string_view{text}.substr(at, end - at);
    if (trim(line.substr(0, line.find('#'))) == head) {
      const bool has_end = end < text.size();
      return text.substr(0, end) + "\n" + addition +
             (has_end ? text.substr(end + 1) : std::string{});
    }
    at = end + 1;
  }
  const auto gap = text.empty() ? "" : text.ends_with('\n') ? "\n" : "\n\n";
  return fmt::format("{}{}{}\n{}", text, gap, head, addition);
}

/// Those of `wanted` that are not in `there`.
Words missing(const Words& wanted, const Words& there) {
  const std::set<std::string> known{there.begin(), there.end()};
  Words rest;
  std::ranges::copy_if(wanted, std::back_inserter(rest),
                       [&](const auto& word) { return !known.contains(word); });
  return rest;
}

template <class Items, class Text>
Words texts_of(const Items& items, Text text) {
  Words words;
  for (const auto& item : items) words.push_back(text(item));
  return words;
}

class Proposal {
 public:
  Proposal(std::string_view text, const conf::Config& config)
      : config_(config), made_{std::string{text}, {}} {}

  /// A list of the configuration beside what Postfix says.
  void compare(Key key, const Words& wanted, const Words& there) {
    if (wanted.empty() || missing(wanted, there).empty()) return;
    if (config_.places.says(key.path())) {
      made_.notes.push_back(
          fmt::format("{} stays as {} has it; {} of Postfix also name{} {}", key.path(),
                      config_.places.file(), key.source,
                      key.source.find(',') == std::string::npos ? "s" : "",
                      fmt::join(missing(wanted, there), ", ")));
      return;
    }
    key.value = array_of(wanted);
    add(key);
  }

  void add(const Key& key) {
    if (config_.places.says(key.path())) return;
    auto text = with_key(made_.text, key);
    const auto read = conf::load_config(text, config_.places.file());
    if (read && read->places.says(key.path())) {
      made_.text = std::move(text);
      return;
    }
    made_.notes.push_back(fmt::format(
        "{} cannot be written into {} by itself{}; what Postfix says is {} = {}",
        key.path(), config_.places.file(),
        read ? "" : fmt::format(" ({})", conf::to_text(read.fault().front())), key.name,
        key.value));
  }

  ConfigProposal made() { return std::move(made_); }

 private:
  const conf::Config& config_;
  ConfigProposal made_;
};

}  // namespace

ConfigProposal propose_config(std::string_view text, const conf::Config& config,
                              const OwnNames& names) {
  Proposal proposal{text, config};
  // Each goes right below the head of its table, so the last of a table stands first.
  // The default of the networks is loopback: a list that says no more needs no line.
  proposal.compare({"relay", "trusted_networks", "", "mynetworks"}, names.trusted_networks,
                   texts_of(config.relay.trusted_networks,
                            [](const auto& network) { return network.text(); }));
  proposal.compare(
      {"relay", "domains", "", "mydestination, relay_domains, virtual_*_domains"},
      names.domains, texts_of(config.relay.domains, [](const auto& pattern) {
        return (pattern.subdomains_only ? "." : "") + pattern.domain.name();
      }));
  if (!names.delimiters.empty() && config.directory.delimiters.empty())
    proposal.add(
        {"directory", "delimiters", in_quotes(names.delimiters), "recipient_delimiter"});
  proposal.compare({"directory", "owner_files", "", "smtpd_sender_login_maps"},
                   names.owner_files, config.directory.owner_files);
  proposal.compare({"directory", "domain_files", "", "relay_domains, virtual_*_domains"},
                   names.domain_files, config.directory.domain_files);
  auto made = proposal.made();
  made.notes.insert(made.notes.begin(), names.notes.begin(), names.notes.end());
  return made;
}

}  // namespace milterward::attach
