// SPDX-License-Identifier: Apache-2.0
#include "conf/forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "conf/ladder.h"
#include "conf/listen_address.h"
#include "conf/pkcs11_uri.h"
#include "conf/store_url.h"
#include "conf/web_url.h"
#include "policy/base/ascii.h"
#include "policy/base/reply_rules.h"
#include "policy/mail/address.h"
#include "policy/mail/domain.h"
#include "policy/mail/utf8.h"

namespace milterward::conf {
namespace {

using Verdict = std::optional<Complaint>;

/// sun_path of Linux holds 108 octets, the final NUL included (unix(7)).
constexpr std::size_t longest_socket_path = 107;
/// With a blank, in base64, so much fits into an encoded word of 75 (RFC 2047 section 2).
constexpr std::size_t longest_subject_tag = 44;
/// RFC 5321 section 4.5.3.1.1.
constexpr std::size_t longest_local_part = 64;
/// Longer ones would not fit on a line of h= (RFC 5322 section 2.1.1).
constexpr std::size_t longest_header_name = 70;
/// Three of them fit into a reply (RFC 5321 section 4.5.3.1.5).
constexpr std::size_t longest_list_name = 100;

/// A decimal number of at most `most`, digits only.
std::optional<unsigned> number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || !is_digit(text.front()) || error != std::errc{} || stop != end ||
      value > most)
    return std::nullopt;
  return value;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

Verdict check_any(std::string_view text) {
  if (has_control(text)) return Complaint{"holds a control character", "remove it"};
  return std::nullopt;
}

Verdict check_some(std::string_view text) {
  if (text.empty()) return Complaint{"is empty", "give it a value"};
  return check_any(text);
}

Verdict check_file(std::string_view text) {
  if (const auto complaint = check_some(text)) return complaint;
  if (text.front() != '/')
    return Complaint{fmt::format("\"{}\" is not an absolute path", printable(text, 80)),
                     "begin it with \"/\""};
  return std::nullopt;
}

Verdict check_key_name(std::string_view text) {
  if (!is_pkcs11_uri(text)) return check_file(text);
  const auto uri = parse_pkcs11_uri(text);
  return uri ? std::nullopt : std::optional{uri.fault()};
}

Verdict check_file_or_none(std::string_view text) {
  return text.empty() ? std::nullopt : check_file(text);
}

Verdict check_tcp(std::string_view kind, std::string_view text) {
  const auto at = text.find('@');
  const auto port = number(text.substr(0, at), 65535);
  if (!port || *port == 0 || at == std::string_view::npos || at + 1 == text.size())
    return Complaint{
        fmt::format("\"{}:{}\" is not {}:PORT@HOST", kind, printable(text, 80), kind),
        fmt::format("write for example \"{}:8891@{}\"", kind,
                    kind == "inet" ? "127.0.0.1" : "::1")};
  return std::nullopt;
}

Verdict check_unix(std::string_view path) {
  if (path.empty() || path.front() != '/')
    return Complaint{"the path of a unix socket is not absolute",
                     "write for example \"unix:/run/milterward/milterward.sock\""};
  if (path.size() > longest_socket_path)
    return Complaint{fmt::format("the path of a unix socket has {} octets, at most {} fit",
                                 path.size(), longest_socket_path),
                     "choose a shorter path"};
  return std::nullopt;
}

Verdict check_socket(std::string_view text) {
  if (const auto complaint = check_any(text)) return complaint;
  const auto colon = text.find(':');
  const auto kind = text.substr(0, colon);
  const auto rest =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (kind == "unix") return check_unix(rest);
  if (kind == "inet" || kind == "inet6") return check_tcp(kind, rest);
  if (kind == "fd" && number(rest, 65535)) return std::nullopt;
  return Complaint{fmt::format("\"{}\" is not a socket", printable(text, 80)),
                   "write \"unix:/path\", \"inet:PORT@HOST\", \"inet6:PORT@HOST\" or "
                   "\"fd:N\""};
}

Verdict check_store(std::string_view text) {
  if (const auto complaint = check_any(text)) return complaint;
  const auto url = parse_store_url(text);
  return url ? std::nullopt : std::optional{url.fault()};
}

Verdict check_ladder(std::string_view text) {
  if (!parse_ladder(text).empty()) return std::nullopt;
  return Complaint{fmt::format("\"{}\" is not a ladder", printable(text, 80)),
                   "write messages a day, for example \"20 20 40 80 150 300\""};
}

Verdict check_address(std::string_view text) {
  if (IpAddress::parse(text)) return std::nullopt;
  return Complaint{fmt::format("\"{}\" is not an IP address", printable(text, 80)),
                   "write an IPv4 or IPv6 address, for example \"192.0.2.25\""};
}

Verdict check_web_url_or_none(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto url = parse_web_url(text);
  return url ? std::nullopt : std::optional{url.fault()};
}

Verdict check_port(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto port = number(text, 65535);
  if (!port || *port == 0)
    return Complaint{fmt::format("\"{}\" is not a port number", printable(text, 80)),
                     "write a number from 1 to 65535, for example \"587\""};
  return std::nullopt;
}

Verdict check_listen_address_or_none(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto place = parse_listen_address(text);
  return place ? std::nullopt : Verdict{place.fault()};
}

Verdict check_selector(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return is_alnum(c) || c == '-' || c == '.' || c == '_';
  });
  if (!plain || !Domain::parse(text))
    return Complaint{fmt::format("\"{}\" is not a selector", printable(text, 80)),
                     "use letters, digits and hyphens in parts separated by dots, for "
                     "example \"2026a\""};
  return std::nullopt;
}

/// Fields that a relay may rewrite, drop or add at will, and those that speak of others.
constexpr auto never_signed = std::to_array<std::string_view>(
    {"Return-Path", "Received", "Bcc", "Resent-Bcc", "Full-Name", "Content-Length",
     "Errors-To", "Return-Receipt-To", "DKIM-Signature", "Authentication-Results",
     "Received-SPF", "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results",
     "Milterward-Trace", "Milterward-Verdict"});

Verdict check_any_header_name(std::string_view text) {
  const bool is_name = !text.empty() && text.size() <= longest_header_name &&
                       std::all_of(text.begin(), text.end(), [](char c) {
                         return c > ' ' && c < 0x7f && c != ':' && c != ';';
                       });
  if (!is_name)
    return Complaint{
        fmt::format("\"{}\" is not the name of a header field", printable(text, 80)),
        "write for example \"Subject\""};
  return std::nullopt;
}

Verdict check_header_name(std::string_view text) {
  if (auto complaint = check_any_header_name(text)) return complaint;
  for (const auto never : never_signed)
    if (equal_ignoring_case(text, never))
      return Complaint{fmt::format("{} does not stay as it is on the way", never),
                       "leave it out"};
  return std::nullopt;
}

Verdict check_identity(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto at = text.rfind('@');
  const auto local = text.substr(0, at == std::string_view::npos ? 0 : at);
  const bool is_plain = std::all_of(local.begin(), local.end(), [](char c) {
    return is_alnum(c) ||
           std::string_view{"!#$&'*+-/?^_`{|}~."}.find(c) != std::string_view::npos;
  });
  if (at == std::string_view::npos || !is_plain || local.size() > longest_local_part ||
      !Domain::parse(text.substr(at + 1)))
    return Complaint{fmt::format("\"{}\" is not an identity", printable(text, 80)),
                     "write for example \"@example.org\" or \"joe@example.org\""};
  return std::nullopt;
}

Verdict check_authserv_id(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(),
                   [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; }))
    return Complaint{fmt::format("\"{}\" is not an authserv-id", printable(text, 80)),
                     "write a host name, for example \"mx.example.org\""};
  return std::nullopt;
}

/// It stands in replies and before a colon in facts.
Verdict check_list_name(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '.' || c == '-';
  });
  if (plain && text.size() <= longest_list_name) return std::nullopt;
  return Complaint{
      fmt::format("\"{}\" is no name for a list", printable(text, 80)),
      fmt::format("write at most {} letters, digits, dots and hyphens", longest_list_name)};
}

Verdict check_realm(std::string_view text) {
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return c <= ' ' || c == '@' || c == 0x7f; }))
    return Complaint{fmt::format("\"{}\" is not a realm", printable(text, 80)),
                     "write what stands behind the \"@\" of logins, for example "
                     "\"example.org\""};
  return std::nullopt;
}

Verdict check_full_address(std::string_view text) {
  const auto path = parse_path(text);
  if (!path || path->is_null() || !path->mailbox->domain ||
      path->mailbox->has_source_route || text.front() == '<')
    return Complaint{fmt::format("\"{}\" is not an address", printable(text, 80)),
                     "write for example \"quarantine@example.org\""};
  return std::nullopt;
}

Verdict check_address_or_none(std::string_view text) {
  return text.empty() ? std::nullopt : check_full_address(text);
}

Verdict check_local_part_or_address(std::string_view text) {
  const auto path = parse_path(text);
  if (text.empty() || text.front() == '<' || !path || path->is_null() ||
      path->mailbox->has_source_route ||
      (!path->mailbox->domain_text.empty() && !path->mailbox->domain))
    return Complaint{
        fmt::format("\"{}\" is neither a local part nor an address", printable(text, 80)),
        "write for example \"postmaster\" or \"abuse@example.org\""};
  return std::nullopt;
}

Verdict check_reply_rule(std::string_view text) {
  if (std::ranges::find(reply_rules, text) != reply_rules.end()) return std::nullopt;
  return Complaint{fmt::format("\"{}\" is not a rule with a reply", printable(text, 80)),
                   "write the rule that the log names, for example \"dmarc.reject\""};
}

/// Both servers mangle what is not ASCII; RFC 5321 section 4.5.3.1.5 limits the line.
Verdict check_reply_text(std::string_view text) {
  constexpr std::size_t longest = 300;
  if (trim(text).empty()) return Complaint{"is empty", "say why mail is refused"};
  if (text.size() > longest || printable(text, longest) != text)
    return Complaint{fmt::format("is not at most {} printable ASCII characters", longest),
                     "write one line, without umlauts and the like"};
  for (auto at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
    if (text.substr(at).starts_with("{{")) {
      at += 2;
      continue;
    }
    const auto end = text.find('}', at);
    const auto name =
        text.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
    if (end == std::string_view::npos ||
        std::ranges::find(reply_placeholders, name) == reply_placeholders.end())
      return Complaint{fmt::format("\"{{{}}}\" stands for nothing", printable(name, 40)),
                       "write one of {" +
                           fmt::format("{}", fmt::join(reply_placeholders, "}, {")) +
                           "}, or \"{{\" for a brace"};
    at = end;
  }
  return std::nullopt;
}

Verdict check_subject_tag(std::string_view text) {
  if (const auto complaint = check_some(text)) return complaint;
  if (text.size() > longest_subject_tag || !is_valid_utf8(text) || trim(text) != text)
    return Complaint{fmt::format("\"{}\" is not at most {} octets of UTF-8 without outer "
                                 "blanks",
                                 printable(text, 80), longest_subject_tag),
                     "write for example \"[suspicious]\""};
  return std::nullopt;
}

}  // namespace

const Form any_text{"text", check_any};
const Form some_text{"text", check_some};
const Form file_path{"absolute path", check_file};
const Form key_name{"absolute path or PKCS#11 URI", check_key_name};
const Form file_or_none{"absolute path", check_file_or_none};
const Form ladder{"numbers", check_ladder};
const Form store_url{"store", check_store};
const Form web_url_or_none{"URL", check_web_url_or_none};
const Form listen_address_or_none{"address and port", check_listen_address_or_none};
const Form milter_socket{"socket", check_socket};
const Form ip_address{"IP address", check_address};
const Form port_or_none{"port number as text", check_port};
const Form header_name{"header field name", check_header_name};
const Form any_header_name{"header field name", check_any_header_name};
const Form signing_identity{"address, or @ and a domain", check_identity};
const Form selector{"selector", check_selector};
const Form authserv_id{"host name", check_authserv_id};
const Form local_part_or_address{"local part or address", check_local_part_or_address};
const Form full_address{"address", check_full_address};
const Form address_or_none{"address", check_address_or_none};
const Form reply_rule{"rule", check_reply_rule};
const Form reply_text{"text", check_reply_text};
const Form subject_tag{"text", check_subject_tag};
const Form list_name{"name of letters, digits, dots and hyphens", check_list_name};
const Form realm{"realm", check_realm};

}  // namespace milterward::conf
