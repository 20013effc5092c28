// SPDX-License-Identifier: Apache-2.0
// What a stranger tries in order to relay through a server. The attempts of nmap's
// smtp-open-relay and of the older public lists, and what came since: routes hidden in
// local parts and literals, states an earlier command may leave behind, words that only a
// proxy may say. In a line, {ours} stands for a domain of the server, {host} for its name,
// {literal} for its address literal, {foreign} for a domain it does not serve.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace milterward::doctor {

/// What accepting the last line means.
enum class Acceptance {
  relays,    // the recipient is beyond doubt somebody else's
  doubtful,  // it may be a strange local address, or a route to somebody else
};

struct RelayAttempt {
  std::string_view name;
  /// The last line is the attempt. An attempt of two lines, MAIL and RCPT, is tried again
  /// with the null sender where MAIL is refused, so that RCPT is heard in any case.
  std::vector<std::string_view> lines;
  Acceptance acceptance = Acceptance::relays;
  /// Needs a connection of its own, opened with this EHLO; "" for none.
  std::string_view helo = {};
  /// All lines are sent before the first reply is read.
  bool is_pipelined = false;
};

/// All of them, in the order they are tried.
std::span<const RelayAttempt> relay_battery();

/// The recipient any server must take (RFC 5321 section 4.5.1); where it is refused, the
/// refusals of the battery say nothing.
inline constexpr std::string_view control_recipient = "<postmaster@{ours}>";

struct Names {
  std::string ours, host, literal, foreign;
};

/// A line with its placeholders filled in.
std::string filled(std::string_view line, const Names& names);

}  // namespace milterward::doctor
