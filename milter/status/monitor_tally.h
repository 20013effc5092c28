// SPDX-License-Identifier: Apache-2.0
// What would enforcement have done? Monitor mode logs the action it held back (`would`);
// here they are counted, by rule and by who met it. Nothing is decided again: the counts
// are about the configuration that was in force when the lines were written.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "milter/status/line_reader.h"

namespace milterward::status {

/// How often each name occurred. A log holds as many names as strangers make up, so those
/// that come when there are `most_names` are counted together.
class NameCounts {
 public:
  static constexpr std::size_t most_names = 20000;

  void add(std::string_view name);
  /// The most frequent first, names of equal count in their order.
  std::vector<std::pair<std::string, std::uint64_t>> top(std::size_t most) const;
  std::size_t size() const noexcept { return counts_.size(); }
  std::uint64_t uncounted() const noexcept { return others_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t others_ = 0;
};

/// What one rule would have done.
struct RuleTally {
  static constexpr std::size_t most_examples = 5;

  struct Example {
    std::string queue_id;
    std::string id;
    std::string time;
    std::string client;
    std::string mail_from;
    std::string recipient;
    std::string login;
  };

  std::map<std::string, std::uint64_t, std::less<>> actions;  // "reject": 12
  std::string mode_key;  // that would have made it so: "inbound.mode"
  NameCounts domains;    // of the author, or else of MAIL FROM
  NameCounts logins;
  NameCounts clients;
  std::string reply;  // one that was given, or would have been
  std::vector<Example> examples;

  std::uint64_t count() const noexcept;
};

class MonitorTally {
 public:
  void add(const LoggedEvent& event);

  std::uint64_t messages() const noexcept { return messages_; }
  std::uint64_t recipients() const noexcept { return recipients_; }
  std::uint64_t enforced() const noexcept { return enforced_; }
  const std::string& first_time() const noexcept { return first_time_; }
  const std::string& last_time() const noexcept { return last_time_; }
  std::uint64_t would(std::string_view action) const;
  /// By name of the rule.
  const std::map<std::string, RuleTally>& rules() const noexcept { return rules_; }
  /// What receivers may hold against mail of ours, whatever came of it: each finding of
  /// [preflight] by the logins whose mail had it, else the domains of MAIL FROM.
  const std::map<std::string, NameCounts>& preflight() const noexcept { return preflight_; }

 private:
  void add_preflight(const LoggedEvent& event);
  void add_to_rule(const LoggedEvent& event, std::string_view action);

  std::uint64_t messages_ = 0;
  std::uint64_t recipients_ = 0;  // refused before their message, or would have been
  std::uint64_t enforced_ = 0;    // of both: refused or changed for good
  std::string first_time_;
  std::string last_time_;
  std::map<std::string, RuleTally> rules_;
  std::map<std::string, NameCounts> preflight_;
};

}  // namespace milterward::status
