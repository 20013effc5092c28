// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/trace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <new>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/digest.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::sign {
namespace {

constexpr std::size_t digest_octets = 16;
// A From field has at most 100 authors (mail/author.h), their domains 253 octets each; a
// field beyond this is not ours.
constexpr std::size_t field_limit = 64 * 1024;
constexpr std::array<std::string_view, 3> bound_fields{"from", "date", "message-id"};

/// The name in small letters and the value with one blank for each white space.
void append_name_and_value(std::string& out, const RawHeader& field) {
  for (const char c : field.name) out += to_lower(c);
  out += ':';
  const auto value = trim(field.value);
  const auto begin = out.size();
  out.resize(begin + value.size());
  char* to = out.data() + begin;
  bool in_blanks = false;
  for (const char c : value) {
    const bool is_blank = is_fws(c);
    *to = is_blank ? ' ' : c;
    if (!is_blank || !in_blanks) ++to;
    in_blanks = is_blank;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

std::string without_blanks(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (!is_fws(c)) out += c;
  return out;
}

std::string digest_of(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  auth::Sha256 hash;
  hash.update(text);
  const auto digest = hash.finish();
  std::string hex(2 * digest_octets, '0');
  for (std::size_t i = 0; i < digest_octets; ++i) {
    const auto octet = static_cast<unsigned char>(digest[i]);
    hex[2 * i] = digits[octet >> 4];
    hex[2 * i + 1] = digits[octet & 0xf];
  }
  return hex;
}

using MacContext = std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)>;

/// HMAC-SHA256 without a key, to be copied: looking the algorithms up takes longer than
/// using them.
const EVP_MAC_CTX* hmac_sha256() {
  static const MacContext prepared = [] {
    const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> hmac{
        EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free};
    MacContext context{EVP_MAC_CTX_new(hmac.get()), EVP_MAC_CTX_free};
    std::string digest = "SHA256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string("digest", digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_CTX_set_params(context.get(), parameters.data()) != 1)
      throw std::bad_alloc{};
    return context;
  }();
  return prepared.get();
}

std::string mac_of(std::string_view text, const TraceSecret& secret) {
  const MacContext context{EVP_MAC_CTX_dup(hmac_sha256()), EVP_MAC_CTX_free};
  std::string mac(SHA256_DIGEST_LENGTH, '\0');
  std::size_t size = 0;
  if (!context || EVP_MAC_init(context.get(), secret.data(), secret.size(), nullptr) != 1 ||
      EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size()) != 1 ||
      EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(mac.data()), &size,
                    mac.size()) != 1)
    throw std::bad_alloc{};
  return auth::encode_base64(mac);
}

std::string message_digest(const RawHeaders& headers,
                           const std::vector<std::string_view>& names) {
  constexpr std::size_t usual_size = 256;
  std::string text;
  text.reserve(usual_size);
  for (const auto name : names)
    for (const auto& field : headers)
      if (field.is(name)) {
        append_name_and_value(text, field);
        text += '\n';
      }
  return digest_of(text);
}

std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (const auto part : split(text, ',')) parts.emplace_back(part);
  return parts;
}

std::optional<TraceOrigin> origin_named(std::string_view text) {
  for (const auto origin :
       {TraceOrigin::inbound, TraceOrigin::submission, TraceOrigin::local})
    if (text == to_text(origin)) return origin;
  return std::nullopt;
}

/// One tag a line, and one member of a list: transports break lines over 998 octets.
std::string folded(std::string_view text) {
  std::string value;
  value.reserve(text.size() + 64);
  value += ' ';
  for (const char c : text) {
    value += c;
    if (c == ';' || c == ',') value += "\r\n\t";
  }
  return value;
}

}  // namespace

std::string_view to_text(TraceOrigin origin) noexcept {
  switch (origin) {
    case TraceOrigin::inbound:
      return "inbound";
    case TraceOrigin::submission:
      return "submission";
    case TraceOrigin::local:
      return "local";
  }
  unreachable();
}

std::string field_digest(const RawHeader& field) {
  std::string text;
  text.reserve(field.name.size() + 1 + field.value.size());
  append_name_and_value(text, field);
  return digest_of(text);
}

RawHeader make_trace(const Trace& trace, const RawHeaders& headers,
                     const TraceSecret& secret) {
  std::vector<std::string_view> present;
  for (const auto name : bound_fields)
    if (std::ranges::any_of(headers,
                            [&](const RawHeader& field) { return field.is(name); }))
      present.push_back(name);
  const auto entered =
      std::chrono::duration_cast<std::chrono::seconds>(trace.entered.time_since_epoch());
  const auto text = fmt::format("v=1;t={};o={};a={};d={};r={};h={};m={}", entered.count(),
                                to_text(trace.origin), fmt::join(trace.author_domains, ","),
                                fmt::join(trace.entitled_domains, ","),
                                fmt::join(trace.field_digests, ","),
                                fmt::join(present, ":"), message_digest(headers, present));
  return {std::string{trace_header_name},
          folded(fmt::format("{};b={}", text, mac_of(text, secret)))};
}

std::optional<Trace> read_trace(const RawHeader& field, const RawHeaders& headers,
                                const TraceSecret& secret, WallTime today) {
  if (field.value.size() > field_limit) return std::nullopt;
  const auto line = without_blanks(field.value);
  const auto end = line.rfind(";b=");
  if (end == std::string::npos) return std::nullopt;
  const auto text = line.substr(0, end);
  const auto mac = line.substr(end + 3);
  const auto right_mac = mac_of(text, secret);
  if (mac.size() != right_mac.size() ||
      CRYPTO_memcmp(mac.data(), right_mac.data(), mac.size()) != 0)
    return std::nullopt;

  // From here on the text is what make_trace wrote.
  std::map<std::string_view, std::string_view> tags;
  for (const auto tag : split(text, ';')) {
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    tags[tag.substr(0, equals)] = tag.substr(equals + 1);
  }
  Trace trace;
  std::int64_t seconds = 0;
  std::from_chars(tags["t"].data(), tags["t"].data() + tags["t"].size(), seconds);
  trace.entered = WallTime{std::chrono::seconds{seconds}};
  const auto origin = origin_named(tags["o"]);
  if (!origin || tags["v"] != "1") return std::nullopt;
  trace.origin = *origin;
  const bool grows_old = trace.origin != TraceOrigin::inbound;
  if (grows_old && today - trace.entered > trace_lifetime) return std::nullopt;
  trace.author_domains = list_of(tags["a"]);
  trace.entitled_domains = list_of(tags["d"]);
  trace.field_digests = list_of(tags["r"]);
  const auto present =
      tags["h"].empty() ? std::vector<std::string_view>{} : split(tags["h"], ':');
  trace.is_of_this_message =
      !present.empty() && message_digest(headers, present) == tags["m"];
  return trace;
}

}  // namespace milterward::sign
