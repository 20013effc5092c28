// SPDX-License-Identifier: Apache-2.0
#include "policy/mta.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

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

/// Sendmail writes blanks, and what is special to its rules, as "+20".
std::string without_plus_codes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char code = 0;
    const auto hex = text.substr(i + 1, 2);
    const auto* end = hex.data() + hex.size();
    if (text[i] == '+' && hex.size() == 2 &&
        std::from_chars(hex.data(), end, code, 16).ptr == end) {
      plain += static_cast<char>(code);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
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

const conf::ClientCertificate* certificate_of(
    Mta mta, const Macros& macros, const std::vector<conf::ClientCertificate>& rows) {
  const bool is_postfix = mta == Mta::postfix;
  if (!is_postfix && macros.value("{verify}") != "OK") return nullptr;
  const auto has = [&](const std::string& name, const char* distinguished,
                       const char* common) {
    if (is_postfix || name.starts_with('/')) return macros.value(distinguished) == name;
    return without_plus_codes(macros.value(common)) == name;
  };
  const auto row = std::ranges::find_if(rows, [&](const auto& certificate) {
    return has(certificate.issuer, "{cert_issuer}", "{cn_issuer}") &&
           has(certificate.subject, "{cert_subject}", "{cn_subject}");
  });
  return row == rows.end() ? nullptr : &*row;
}

std::vector<IpAddress> own_addresses(const Macros& macros) {
  std::vector<IpAddress> addresses;
  for (const char* name : {"{daemon_addr}", "{if_addr}"})
    if (const auto address = IpAddress::parse(macros.value(name)))
      addresses.push_back(*address);
  return addresses;
}

bool is_not_smtp(Mta mta, const ConnectStep& connect, std::string_view mail_argument) {
  if (!connect.client.known()) return true;
  return mta == Mta::postfix && connect.client.is_loopback() && connect.port == 0 &&
         equal_ignoring_case(connect.host_name, "localhost") &&
         !mail_argument.starts_with('<');
}

}  // namespace milterward
