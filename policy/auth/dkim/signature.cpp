// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/signature.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/tag_list.h"
#include "policy/base/ascii.h"

namespace milterward::auth {
namespace {

using ports::DkimFinding;
using ports::DkimResult;
using ports::SigningAlgorithm;

// No signer writes more; libopendkim cuts h= here without a word.
constexpr std::ptrdiff_t name_list_limit = 4095;
// RSA-16384, four times what RFC 8301 section 3.2 asks verifiers to handle.
constexpr std::size_t signature_octets_limit = 2048;
constexpr std::size_t field_limit = 60'000;  // a whole field, as Postfix passes it on
constexpr std::size_t time_digits = 12;      // RFC 6376 section 3.5, t=
constexpr std::size_t length_digits = 76;    // RFC 6376 section 3.5, l=
constexpr std::size_t identity_limit = 320;

/// Why a field is refused; caught by parse_signature, which adds what could be read.
struct Refusal {
  DkimResult result;
  std::string reason;
};
template <class T>
using Read = Result<T, Refusal>;

Unexpected<Refusal> syntax(std::string reason) {
  return Unexpected{Refusal{DkimResult::neutral, std::move(reason)}};
}
Unexpected<Refusal> refused(std::string reason) {
  return Unexpected{Refusal{DkimResult::permerror, std::move(reason)}};
}

Read<std::string_view> required(const TagList& tags, std::string_view name) {
  const auto value = tags.value(name);
  if (!value) return syntax("no " + std::string{name} + "= tag");
  return *value;
}

/// A number of more than 64 bits is the greatest there is.
Read<std::uint64_t> number(std::string_view text, std::string_view name,
                           std::size_t digit_limit) {
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || text.size() > digit_limit || read.ptr != end)
    return syntax(std::string{name} + "= is not a number");
  if (read.ec == std::errc::result_out_of_range)
    return std::numeric_limits<std::uint64_t>::max();
  return value;
}

Read<SigningAlgorithm> algorithm_of(std::string_view text) {
  for (const auto known : {SigningAlgorithm::rsa_sha256, SigningAlgorithm::ed25519_sha256})
    if (text == ports::to_text(known)) return known;
  if (text == "rsa-sha1") return refused("rsa-sha1 must not be used");  // RFC 8301 3.1
  return syntax("unknown algorithm");
}

Read<Canonicalization> form_of(std::string_view text) {
  if (text == "simple") return Canonicalization::simple;
  if (text == "relaxed") return Canonicalization::relaxed;
  return syntax("unknown canonicalization");
}

Read<bool> asks_dns(std::string_view methods) {
  for (const auto method : colon_list(methods))
    if (method == "dns/txt") return true;
  return syntax("unknown query method");
}

Read<Domain> domain_of(std::string_view text, std::string_view name) {
  auto domain = Domain::parse(text);
  if (!domain || text.ends_with('.')) return syntax("malformed " + std::string{name} + "=");
  return *domain;
}

bool is_field_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c >= '!' && c <= '~'; });
}

Read<std::vector<std::string>> names_of(std::string_view text) {
  const auto octets = std::ranges::count_if(text, [](char c) { return !is_fws(c); });
  if (octets > name_list_limit) return syntax("h= too long");
  const auto entries = colon_list(text);
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto name : entries) {
    if (!is_field_name(name)) return syntax("malformed name in h=");
    names.push_back(to_lower(name));
  }
  if (std::ranges::find(names, "from") == names.end())
    return refused("From is not signed");  // RFC 6376 section 6.1.1
  return names;
}

unsigned nibble(char digit) {
  return static_cast<unsigned>(is_digit(digit) ? digit - '0' : digit - 'A' + 10);
}

/// "=40" stands for "@". RFC 6376 section 2.11: no small letters.
Read<std::string> unquoted(std::string_view text) {
  std::string out;
  const std::string dense = without_fws(text);
  for (std::size_t i = 0; i < dense.size(); ++i) {
    if (dense[i] != '=') {
      out += dense[i];
      continue;
    }
    const auto digits = std::string_view{dense}.substr(i + 1, 2);
    if (digits.size() < 2 ||
        digits.find_first_not_of("0123456789ABCDEF") != std::string_view::npos)
      return syntax("malformed i=");
    out += static_cast<char>(nibble(digits[0]) * 16 + nibble(digits[1]));
    i += 2;
  }
  return out;
}

Read<bool> read_identity(const TagList& tags, Signature& signature) {
  signature.identity_domain = signature.domain;
  const auto value = tags.value("i");
  if (!value) return true;
  auto identity = unquoted(*value);
  if (!identity) return Unexpected{identity.fault()};
  const auto at = identity->rfind('@');
  if (at == std::string::npos || identity->size() > identity_limit)
    return syntax("malformed i=");
  const auto domain = domain_of(std::string_view{*identity}.substr(at + 1), "i");
  if (!domain) return Unexpected{domain.fault()};
  if (!domain->is_within(signature.domain))
    return refused("i= is not within d=");  // RFC 6376 section 6.1.1
  signature.identity = *identity;
  signature.identity_domain = *domain;
  return true;
}

Read<bool> read_times(const TagList& tags, WallTime today, Signature& signature) {
  const auto now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(today.time_since_epoch()).count());
  auto& signed_at = signature.signed_at;
  if (const auto text = tags.value("t")) {
    const auto time = number(*text, "t", time_digits);
    if (!time) return Unexpected{time.fault()};
    signed_at = *time;
  }
  if (const auto text = tags.value("x")) {
    const auto time = number(*text, "x", time_digits);
    if (!time) return Unexpected{time.fault()};
    if (signed_at && *time <= *signed_at) return syntax("x= is not after t=");
    if (now > *time) return refused("signature expired");
  }
  const auto tolerance = static_cast<std::uint64_t>(future_tolerance.count());
  if (signed_at && *signed_at > now + tolerance)  // RFC 6376 section 3.5: MAY ignore
    return Unexpected{Refusal{DkimResult::policy, "signed in the future"}};
  return true;
}

/// Section 6.1.1 asks for all of it before any key is fetched.
Read<Signature> read(const TagList& tags, WallTime today) {
  Signature signature;
  const auto version = required(tags, "v");
  if (!version) return Unexpected{version.fault()};
  if (*version != "1") return syntax("incompatible version");

  for (const auto name : {"a", "b", "bh", "d", "h", "s"})
    if (const auto there = required(tags, name); !there) return Unexpected{there.fault()};

  const auto algorithm = algorithm_of(*tags.value("a"));
  if (!algorithm) return Unexpected{algorithm.fault()};
  signature.algorithm = *algorithm;

  const auto forms = tags.value("c").value_or("simple/simple");
  const auto slash = forms.find('/');
  const auto header_form = form_of(forms.substr(0, slash));
  const auto body_form =
      form_of(slash == std::string_view::npos ? "simple" : forms.substr(slash + 1));
  if (!header_form || !body_form) return syntax("unknown canonicalization");
  signature.header_form = *header_form;
  signature.body_form = *body_form;

  const auto domain = domain_of(*tags.value("d"), "d");
  if (!domain) return Unexpected{domain.fault()};
  if (domain->label_count() < 2) return syntax("malformed d=");  // RFC 6376 section 3.5
  signature.domain = *domain;
  const auto selector = domain_of(*tags.value("s"), "s");
  if (!selector) return Unexpected{selector.fault()};
  signature.selector = selector->name();
  if (!Domain::parse(signature.key_name())) return syntax("s= and d= too long for DNS");

  const auto names = names_of(*tags.value("h"));
  if (!names) return Unexpected{names.fault()};
  signature.signed_names = *names;

  if (const auto identity = read_identity(tags, signature); !identity)
    return Unexpected{identity.fault()};
  if (const auto methods = asks_dns(tags.value("q").value_or("dns/txt")); !methods)
    return Unexpected{methods.fault()};
  if (const auto text = tags.value("l")) {
    const auto length = number(*text, "l", length_digits);
    if (!length) return Unexpected{length.fault()};
    signature.body_length = *length;
  }

  const auto body_hash = decode_base64(*tags.value("bh"));
  if (!body_hash) return syntax("bh= is not base64");
  signature.body_hash = *body_hash;
  const auto octets = decode_base64(*tags.value("b"));
  if (!octets || octets->size() > signature_octets_limit) return syntax("b= is not base64");
  signature.octets = *octets;
  signature.text = without_fws(*tags.value("b"));

  if (const auto times = read_times(tags, today, signature); !times)
    return Unexpected{times.fault()};
  return signature;
}

/// For a field that is refused: what of it can still be named.
DkimFinding described(const TagList& tags) {
  DkimFinding finding;
  if (const auto domain = Domain::parse(tags.value("d").value_or("")))
    finding.domain = domain->name();
  if (const auto selector = Domain::parse(tags.value("s").value_or("")))
    finding.selector = selector->name();
  if (const auto identity = unquoted(tags.value("i").value_or("")))
    finding.identity = identity->substr(0, identity_limit);
  finding.algorithm = to_lower(without_fws(tags.value("a").value_or(""))).substr(0, 32);
  finding.signature_head = without_fws(tags.value("b").value_or(""));
  return finding;
}

}  // namespace

std::string Signature::key_name() const {
  constexpr std::string_view between = "._domainkey.";
  std::string name;
  name.reserve(selector.size() + between.size() + domain.name().size());
  name.append(selector).append(between).append(domain.name());
  return name;
}

bool Signature::signs(std::string_view name) const noexcept {
  return std::ranges::any_of(signed_names, [&](const std::string& signed_name) {
    return equal_ignoring_case(signed_name, name);
  });
}

DkimFinding Signature::finding(DkimResult result, std::string reason) const {
  DkimFinding finding;
  finding.result = result;
  finding.domain = domain.name();
  finding.identity = identity;
  finding.selector = selector;
  finding.algorithm = ports::to_text(algorithm);
  finding.signature_head = text;
  finding.reason = std::move(reason);
  return finding;
}

Result<Signature, DkimFinding> parse_signature(std::string_view value, WallTime today) {
  const auto refuse = [](DkimFinding finding, Refusal why) {
    finding.result = why.result;
    finding.reason = std::move(why.reason);
    return Unexpected{std::move(finding)};
  };
  if (value.size() > field_limit)
    return refuse({}, {DkimResult::neutral, "signature field too long"});
  const auto tags = TagList::parse(value);
  if (!tags) return refuse({}, {DkimResult::neutral, std::string{to_text(tags.fault())}});
  auto signature = read(*tags, today);
  if (!signature) return refuse(described(*tags), signature.fault());
  return std::move(*signature);
}

}  // namespace milterward::auth
