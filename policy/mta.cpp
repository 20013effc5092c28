// SPDX-License-Identifier: Apache-2.0
#include "policy/mta.h"

#include <algorithm>
#include <array>

#include "policy/base/ascii.h"

namespace milterward {
namespace {

using rules::NextHop;
using sign::Mta;

constexpr std::array postfix_local{"local", "virtual", "lmtp"};
constexpr std::array sendmail_local{"local",     "prog", "*file*",
                                    "*include*", "lmtp", "cyrusv2"};
constexpr std::array outgoing{"smtp", "relay", "esmtp", "smtp8", "dsmtp", "uucp"};

template <std::size_t N>
bool is_one_of(const std::array<const char*, N>& words, std::string_view word) {
  return std::ranges::any_of(words,
                             [&](const char* w) { return equal_ignoring_case(w, word); });
}

/// Nothing but an enhanced status code, as "5.1.1".
bool is_status_code(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
}

}  // namespace

Mta mta_of(const Macros& macros) {
  const auto version = macros.value("v");
  if (starts_with_ignoring_case(version, "Postfix")) return Mta::postfix;
  if (!version.empty() && is_digit(version.front())) return Mta::sendmail;
  return macros.value("{daemon_addr}").empty() ? Mta::other : Mta::postfix;
}

NextHop next_hop_of(Mta mta, std::string_view mailer, std::string_view host) {
  if (mailer.empty()) return NextHop::unknown;
  if (is_one_of(outgoing, mailer)) return NextHop::elsewhere;
  if (mta == Mta::sendmail)
    return is_one_of(sendmail_local, mailer) ? NextHop::here : NextHop::unknown;
  if (equal_ignoring_case(mailer, "error"))
    return is_status_code(host) ? NextHop::refused : NextHop::here;
  return is_one_of(postfix_local, mailer) ? NextHop::here : NextHop::unknown;
}

bool is_not_smtp(Mta mta, const ConnectStep& connect, std::string_view mail_argument) {
  if (!connect.client.known()) return true;
  return mta == Mta::postfix && connect.client.is_loopback() && connect.port == 0 &&
         equal_ignoring_case(connect.host_name, "localhost") &&
         !mail_argument.starts_with('<');
}

}  // namespace milterward
