// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/relay_battery.h"

#include <array>
#include <utility>

namespace milterward::doctor {
namespace {

constexpr auto doubtful = Acceptance::doubtful;

constexpr const char* literal_sender = "MAIL FROM:<a@{literal}>";
constexpr const char* foreign_sender = "MAIL FROM:<a@{foreign}>";
constexpr const char* our_sender = "MAIL FROM:<a@{ours}>";
constexpr const char* attempt = "RCPT TO:<u@{foreign}>";

std::vector<RelayAttempt> all_attempts() {
  return {
      // nmap smtp-open-relay
      {"null sender", {"MAIL FROM:<>", attempt}},
      {"foreign sender", {foreign_sender, attempt}},
      {"sender at the server's name", {"MAIL FROM:<a@{host}>", attempt}},
      {"sender at the server's address", {literal_sender, attempt}},
      {"percent at the server's address",
       {literal_sender, "RCPT TO:<u%{foreign}@{literal}>"},
       doubtful},
      {"percent at the server's name",
       {literal_sender, "RCPT TO:<u%{foreign}@{host}>"},
       doubtful},
      {"quoted address", {literal_sender, "RCPT TO:<\"u@{foreign}\">"}, doubtful},
      {"quoted percent", {literal_sender, "RCPT TO:<\"u%{foreign}\">"}, doubtful},
      {"two at signs, the server's address last",
       {literal_sender, "RCPT TO:<u@{foreign}@{literal}>"},
       doubtful},
      {"quoted address at the server's address",
       {literal_sender, "RCPT TO:<\"u@{foreign}\"@{literal}>"},
       doubtful},
      {"two at signs, the server's name last",
       {literal_sender, "RCPT TO:<u@{foreign}@{host}>"},
       doubtful},
      {"source route by the server's address",
       {literal_sender, "RCPT TO:<@{literal}:u@{foreign}>"}},
      {"source route by the server's name",
       {literal_sender, "RCPT TO:<@{host}:u@{foreign}>"}},
      {"bang path", {literal_sender, "RCPT TO:<{foreign}!u>"}, doubtful},
      {"bang path at the server's address",
       {literal_sender, "RCPT TO:<{foreign}!u@{literal}>"},
       doubtful},
      {"bang path at the server's name",
       {literal_sender, "RCPT TO:<{foreign}!u@{host}>"},
       doubtful},
      // the older public lists
      {"sender at localhost", {"MAIL FROM:<a@localhost>", attempt}},
      {"sender without a domain", {"MAIL FROM:<a>", attempt}},
      {"sender pretends to be ours", {our_sender, attempt}},
      {"sender is postmaster of loopback", {"MAIL FROM:<postmaster@[127.0.0.1]>", attempt}},
      {"sender is the recipient", {"MAIL FROM:<u@{foreign}>", attempt}},
      {"percent at our domain", {our_sender, "RCPT TO:<u%{foreign}@{ours}>"}, doubtful},
      {"quoted address at our domain",
       {our_sender, "RCPT TO:<\"u@{foreign}\"@{ours}>"},
       doubtful},
      {"bang path at our domain", {our_sender, "RCPT TO:<{foreign}!u@{ours}>"}, doubtful},
      {"source route of two hosts",
       {our_sender, "RCPT TO:<@{ours},@{foreign}:u@{foreign}>"}},
      {"two at signs, our domain last",
       {our_sender, "RCPT TO:<u@{foreign}@{ours}>"},
       doubtful},
      {"two at signs, our domain first",
       {our_sender, "RCPT TO:<u@{ours}@{foreign}>"},
       doubtful},
      {"percent at localhost", {our_sender, "RCPT TO:<u%{foreign}@localhost>"}, doubtful},
      {"percent and no domain", {our_sender, "RCPT TO:<u%{foreign}@>"}, doubtful},
      {"percent alone", {our_sender, "RCPT TO:<u%{foreign}>"}, doubtful},
      {"bang path through us", {our_sender, "RCPT TO:<{ours}!{foreign}!u>"}, doubtful},
      {"percent through us", {our_sender, "RCPT TO:<u%{foreign}%{ours}>"}, doubtful},
      {"null sender and percent",
       {"MAIL FROM:<>", "RCPT TO:<u%{foreign}@{ours}>"},
       doubtful},
      {"null sender and bang path",
       {"MAIL FROM:<>", "RCPT TO:<{foreign}!u@{ours}>"},
       doubtful},
      // spellings
      {"foreign address literal", {foreign_sender, "RCPT TO:<u@[198.51.100.9]>"}},
      {"foreign IPv6 literal", {foreign_sender, "RCPT TO:<u@[IPv6:2001:db8:9::1]>"}},
      {"foreign literal without brackets", {foreign_sender, "RCPT TO:<u@198.51.100.9>"}},
      {"mapped address literal",
       {foreign_sender, "RCPT TO:<u@[IPv6:::ffff:198.51.100.9]>"}},
      {"loopback literal", {foreign_sender, "RCPT TO:<u%{foreign}@[127.0.0.1]>"}, doubtful},
      {"literal behind a percent",
       {foreign_sender, "RCPT TO:<u%[198.51.100.9]@{ours}>"},
       doubtful},
      {"final dot", {foreign_sender, "RCPT TO:<u@{foreign}.>"}},
      {"upper case", {foreign_sender, "RCPT TO:<U@{FOREIGN}>"}},
      {"below the foreign domain", {foreign_sender, "RCPT TO:<u@sub.{foreign}>"}},
      {"a name that ends like ours", {foreign_sender, "RCPT TO:<u@not{ours}>"}},
      {"a name that begins like ours", {foreign_sender, "RCPT TO:<u@{ours}.{foreign}>"}},
      {"our name as local part", {foreign_sender, "RCPT TO:<{ours}@{foreign}>"}},
      {"no brackets", {foreign_sender, "RCPT TO:u@{foreign}"}},
      {"blank behind the colon", {foreign_sender, "RCPT TO: <u@{foreign}>"}},
      {"blank before the at sign", {foreign_sender, "RCPT TO:<u @{foreign}>"}, doubtful},
      {"tab before the at sign", {foreign_sender, "RCPT TO:<u\t@{foreign}>"}, doubtful},
      {"comment in the address", {foreign_sender, "RCPT TO:<u(us)@{foreign}>"}, doubtful},
      {"nested brackets", {foreign_sender, "RCPT TO:<<u@{foreign}>>"}, doubtful},
      {"quoted route", {foreign_sender, "RCPT TO:<\"@{ours}:u\"@{foreign}>"}},
      {"percent, bang and route",
       {foreign_sender, "RCPT TO:<@{ours}:{foreign}!u%{ours}@{ours}>"},
       doubtful},
      {"quoted percent at our domain",
       {foreign_sender, "RCPT TO:<\"u%{foreign}\"@{ours}>"},
       doubtful},
      {"quoted bang path at our domain",
       {foreign_sender, "RCPT TO:<\"{foreign}!u\"@{ours}>"},
       doubtful},
      {"escaped at sign", {foreign_sender, "RCPT TO:<u\\@{foreign}@{ours}>"}, doubtful},
      {"a list with a comma",
       {foreign_sender, "RCPT TO:<postmaster@{ours},u@{foreign}>"},
       doubtful},
      {"a list with a semicolon",
       {foreign_sender, "RCPT TO:<postmaster@{ours};u@{foreign}>"},
       doubtful},
      // parameters
      {"ORCPT of ours",
       {foreign_sender, "RCPT TO:<u@{foreign}> ORCPT=rfc822;postmaster@{ours}"}},
      {"NOTIFY", {foreign_sender, "RCPT TO:<u@{foreign}> NOTIFY=SUCCESS,FAILURE"}},
      {"AUTH on MAIL", {"MAIL FROM:<a@{ours}> AUTH=postmaster@{ours}", attempt}},
      {"RET and ENVID on MAIL", {"MAIL FROM:<a@{ours}> RET=HDRS ENVID=x", attempt}},
      // states and claims
      {"behind a recipient of ours",
       {foreign_sender, "RCPT TO:<postmaster@{ours}>", attempt}},
      {"after RSET",
       {foreign_sender, "RCPT TO:<postmaster@{ours}>", "RSET", foreign_sender, attempt}},
      {"after VRFY", {"VRFY postmaster", foreign_sender, attempt}},
      {"pipelined behind a broken MAIL",
       {"MAIL FROM:<broken", attempt},
       Acceptance::relays,
       "client.invalid",
       true},
      {"after a failed login",
       {"AUTH PLAIN AG5vYm9keQBub3RoaW5n", our_sender, attempt},
       Acceptance::relays,
       "client.invalid"},
      {"EHLO localhost", {our_sender, attempt}, Acceptance::relays, "localhost"},
      {"EHLO with our domain", {our_sender, attempt}, Acceptance::relays, "{ours}"},
      {"EHLO with the server's name", {our_sender, attempt}, Acceptance::relays, "{host}"},
      {"EHLO with loopback", {our_sender, attempt}, Acceptance::relays, "[127.0.0.1]"},
      {"XCLIENT as loopback with a login",
       {"XCLIENT ADDR=127.0.0.1 LOGIN=postmaster@{ours}", "EHLO client.invalid", our_sender,
        attempt},
       Acceptance::relays,
       "client.invalid"},
      {"XFORWARD as loopback",
       {"XFORWARD ADDR=127.0.0.1 NAME=localhost", our_sender, attempt},
       Acceptance::relays,
       "client.invalid"},
      {"PROXY as loopback",
       {"PROXY TCP4 127.0.0.1 127.0.0.1 25 25", "EHLO client.invalid", our_sender, attempt},
       Acceptance::relays,
       "client.invalid"},
  };
}

}  // namespace

std::span<const RelayAttempt> relay_battery() {
  static const auto attempts = all_attempts();
  return attempts;
}

std::string filled(std::string_view line, const Names& names) {
  std::string upper = names.foreign;
  for (auto& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const std::array<std::pair<std::string_view, std::string_view>, 5> values{
      {{"{ours}", names.ours},
       {"{host}", names.host},
       {"{literal}", names.literal},
       {"{foreign}", names.foreign},
       {"{FOREIGN}", upper}}};
  std::string text;
  while (!line.empty()) {
    bool known = false;
    for (const auto& [name, value] : values)
      if (line.starts_with(name)) {
        text += value;
        line.remove_prefix(name.size());
        known = true;
        break;
      }
    if (known) continue;
    text += line.front();
    line.remove_prefix(1);
  }
  return text;
}

}  // namespace milterward::doctor
