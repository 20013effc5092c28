// SPDX-License-Identifier: Apache-2.0
#include "conf/pkcs11_uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward::conf {
namespace {

constexpr std::size_t longest_attribute = 255;
constexpr std::string_view uri_example =
    "write for example \"pkcs11:token=mail;object=example.org.2026a;type=private\"";

Complaint uri_complaint(std::string wrong, std::string_view way_out = uri_example) {
  return {std::move(wrong), std::string{way_out}};
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
  return std::nullopt;
}

/// RFC 7512 section 2.3: pk11-pchar, without what separates uri_attributes.
bool may_stand_bare(char c) {
  return is_alnum(c) ||
         std::string_view{"-._~:[]@!$'()*+,=&"}.find(c) != std::string_view::npos;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string octets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!may_stand_bare(text[i])) return std::nullopt;
      octets += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    octets += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  if (octets.empty() || octets.size() > longest_attribute) return std::nullopt;
  return octets;
}

struct Named {
  std::string_view name;
  std::optional<std::string> Pkcs11Uri::*member;
};
constexpr std::array uri_attributes{
    Named{"token", &Pkcs11Uri::token},   Named{"manufacturer", &Pkcs11Uri::manufacturer},
    Named{"model", &Pkcs11Uri::model},   Named{"serial", &Pkcs11Uri::serial},
    Named{"object", &Pkcs11Uri::object}, Named{"id", &Pkcs11Uri::id},
};

/// Nothing when it was taken.
std::optional<Complaint> take_attribute(Pkcs11Uri& uri, bool& has_type,
                                        std::string_view text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  const auto value = equals == std::string_view::npos
                         ? std::nullopt
                         : percent_decoded(text.substr(equals + 1));
  if (!value)
    return uri_complaint(
        fmt::format("\"{}\" is no attribute with a value", printable(text, 80)));
  if (name == "type") {
    if (*value != "private" || std::exchange(has_type, true))
      return uri_complaint("\"type\" is not \"private\", or stands twice",
                           "only private keys sign: write type=private, once");
    return std::nullopt;
  }
  const auto found = std::ranges::find(uri_attributes, name, &Named::name);
  if (found == uri_attributes.end())
    return uri_complaint(
        fmt::format("\"{}\" is not looked at", printable(name, 80)),
        "name the token by token, manufacturer, model or serial, and the key by "
        "object or id");
  if (uri.*(found->member))
    return uri_complaint(fmt::format("\"{}\" stands twice", name), "keep one of the two");
  uri.*(found->member) = *value;
  return std::nullopt;
}

}  // namespace

Result<Pkcs11Uri, Complaint> parse_pkcs11_uri(std::string_view text) {
  if (!is_pkcs11_uri(text))
    return Unexpected{
        uri_complaint(fmt::format("\"{}\" is no PKCS#11 URI", printable(text, 80)))};
  text.remove_prefix(text.find(':') + 1);
  // What stands behind it may be a PIN, and is not repeated.
  if (text.find('?') != std::string_view::npos)
    return Unexpected{
        uri_complaint("a PKCS#11 URI has no \"?\" here",
                      "name the library in pkcs11.module and the file of the PIN "
                      "in pkcs11.pin_file")};
  Pkcs11Uri uri;
  bool has_type = false;
  for (const auto part : split(text, ';'))
    if (auto wrong = take_attribute(uri, has_type, part))
      return Unexpected{std::move(*wrong)};
  if (!uri.object && !uri.id)
    return Unexpected{uri_complaint("the URI does not say which key")};
  return uri;
}

}  // namespace milterward::conf
