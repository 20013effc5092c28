// SPDX-License-Identifier: Apache-2.0
// What a Postfix is told in main.cf and master.cf, as postconf prints it. postconf knows
// continuation lines, comments, $names and defaults; nothing here reads the files again.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace milterward::attach {

/// Parameters and their values, each on one line.
using Settings = std::map<std::string, std::string, std::less<>>;

/// One line of master.cf.
struct Service {
  std::string name;     // "smtp/inet", as postconf calls it
  std::string program;  // "smtpd"
  std::string chroot;   // "y", "n" or "-"
  Settings overrides;   // by -o

  bool operator==(const Service&) const = default;
};

struct PostfixSetup {
  Settings written;  // what main.cf says, $names and all
  Settings meant;    // with $names replaced, and with the defaults
  std::vector<Service> services;

  /// "" for what is neither said nor known.
  std::string_view written_of(std::string_view parameter) const;
  std::string_view meant_of(std::string_view parameter) const;
  bool says(std::string_view parameter) const { return written.contains(parameter); }
  /// By its column in master.cf; "-" is "n" since Postfix 3.0 in its own ways
  /// (compatibility_level), and "y" before.
  bool is_chrooted(const Service& service) const;
  /// Of the daemons that speak to filters: smtpd and cleanup.
  bool filters_are_chrooted() const;
};

/// Lines "name = value"; others are skipped.
Settings parse_settings(std::string_view postconf);

/// From `postconf -F '*/*/chroot'`, `postconf -F '*/*/command'` and `postconf -P`; in the
/// order of master.cf.
std::vector<Service> parse_services(std::string_view chroots, std::string_view commands,
                                    std::string_view overrides);

}  // namespace milterward::attach
