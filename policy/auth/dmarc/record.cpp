// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dmarc/record.h"

#include <algorithm>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

std::string_view without_blanks(std::string_view text) noexcept {
  while (!text.empty() && is_wsp(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_wsp(text.back())) text.remove_suffix(1);
  return text;
}

struct Tag {
  std::string name;  // lower case
  std::string_view value;
};

bool is_value_character(char c) noexcept { return c >= ' ' && c <= '~' && c != ';'; }

/// None: a syntax error.
std::optional<Tag> tag_of(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto name = without_blanks(text.substr(0, equals));
  const auto value = without_blanks(text.substr(equals + 1));
  if (name.empty() || !std::ranges::all_of(name, is_alpha)) return std::nullopt;
  if (value.empty() || !std::ranges::all_of(value, is_value_character)) return std::nullopt;
  return Tag{to_lower(name), value};
}

bool is_version(std::string_view first) {
  // The formal definition has no white space before the "v".
  if (first.empty() || is_wsp(first.front())) return false;
  const auto tag = tag_of(first);
  return tag && tag->name == "v" && tag->value == "DMARC1";
}

std::optional<DmarcPolicy> policy_of(std::string_view value) {
  for (const auto policy :
       {DmarcPolicy::none, DmarcPolicy::quarantine, DmarcPolicy::reject})
    if (equal_ignoring_case(value, to_text(policy))) return policy;
  return std::nullopt;
}

AlignmentMode alignment_of(std::string_view value) {
  return equal_ignoring_case(value, "s") ? AlignmentMode::strict : AlignmentMode::relaxed;
}

PublicSuffix public_suffix_of(std::string_view value) {
  if (equal_ignoring_case(value, "y")) return PublicSuffix::yes;
  if (equal_ignoring_case(value, "n")) return PublicSuffix::no;
  return PublicSuffix::unknown;
}

FailureOptions failure_options_of(std::string_view value) {
  FailureOptions options{false, false, false, false};
  for (const auto word : split(value, ':')) {
    const auto option = to_lower(without_blanks(word));
    if (option == "0")
      options.if_all_fail = true;
    else if (option == "1")
      options.if_any_fails = true;
    else if (option == "d")
      options.if_dkim_fails = true;
    else if (option == "s")
      options.if_spf_fails = true;
    else
      return {};
  }
  // "0" and "1" exclude each other.
  return options.if_all_fail && options.if_any_fails ? FailureOptions{} : options;
}

bool is_uri_character(char c) noexcept {
  constexpr std::string_view marks = "-._~:/?#[]@$&'()*+;=%";
  return is_alnum(c) || marks.find(c) != std::string_view::npos;
}

bool is_hex(char c) noexcept {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

bool has_sound_escapes(std::string_view uri) noexcept {
  for (std::size_t at = uri.find('%'); at != std::string_view::npos;
       at = uri.find('%', at + 1))
    if (uri.size() - at < 3 || !is_hex(uri[at + 1]) || !is_hex(uri[at + 2])) return false;
  return true;
}

/// "!10m" of RFC 7489, to be ignored.
std::string_view without_size(std::string_view uri) noexcept {
  const auto mark = uri.rfind('!');
  if (mark == std::string_view::npos) return uri;
  auto size = uri.substr(mark + 1);
  if (!size.empty() &&
      std::string_view{"kmgt"}.find(to_lower(size.back())) != std::string_view::npos)
    size.remove_suffix(1);
  const bool is_size = !size.empty() && std::ranges::all_of(size, is_digit);
  return is_size ? uri.substr(0, mark) : uri;
}

/// RFC 3986, and for mailto an address with a domain (RFC 6068).
bool is_report_uri(std::string_view uri) noexcept {
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_alpha(uri.front())) return false;
  const auto scheme = uri.substr(0, colon);
  const auto rest = uri.substr(colon + 1);
  const bool sound_scheme = std::ranges::all_of(
      scheme, [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; });
  if (!sound_scheme || rest.empty() || !std::ranges::all_of(rest, is_uri_character) ||
      !has_sound_escapes(rest))
    return false;
  if (!equal_ignoring_case(scheme, "mailto")) return true;
  const auto address = rest.substr(0, rest.find('?'));
  const auto at = address.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < address.size() &&
         address.find('@', at + 1) == std::string_view::npos;
}

std::vector<std::string> uris_of(std::string_view value) {
  std::vector<std::string> uris;
  for (const auto word : split(value, ',')) {
    const auto uri = without_size(without_blanks(word));
    if (is_report_uri(uri) && uris.size() < report_uri_limit) uris.emplace_back(uri);
  }
  return uris;
}

}  // namespace

Result<DmarcRecord, RecordFault> parse_dmarc_record(std::string_view text) {
  const auto parts = split(text, ';');
  if (!is_version(parts.front())) return Unexpected{RecordFault::no_dmarc_record};

  DmarcRecord record;
  bool has_p = false;
  bool has_bad_policy = false;
  std::vector<std::string> seen;
  const auto policy = [&](std::string_view value) {
    const auto parsed = policy_of(value);
    if (!parsed) has_bad_policy = true;
    return parsed;
  };
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    const auto tag = tag_of(*part);
    if (!tag || std::ranges::find(seen, tag->name) != seen.end()) continue;
    const auto& [name, value] = *tag;
    if (name == "p") {
      has_p = true;
      record.p = policy(value).value_or(DmarcPolicy::none);
    } else if (name == "sp") {
      record.sp = policy(value);
    } else if (name == "np") {
      record.np = policy(value);
    } else if (name == "adkim") {
      record.adkim = alignment_of(value);
    } else if (name == "aspf") {
      record.aspf = alignment_of(value);
    } else if (name == "psd") {
      record.psd = public_suffix_of(value);
    } else if (name == "t") {
      record.is_testing = equal_ignoring_case(value, "y");
    } else if (name == "fo") {
      record.fo = failure_options_of(value);
    } else if (name == "rua") {
      record.rua = uris_of(value);
    } else if (name == "ruf") {
      record.ruf = uris_of(value);
    } else {
      continue;
    }
    seen.push_back(name);
  }
  record.policy_is_faulty = !has_p || has_bad_policy;
  if (record.policy_is_faulty) {
    record.p = DmarcPolicy::none;
    record.sp.reset();
    record.np.reset();
  }
  return record;
}

std::string_view to_text(DmarcPolicy policy) noexcept {
  switch (policy) {
    case DmarcPolicy::none:
      return "none";
    case DmarcPolicy::quarantine:
      return "quarantine";
    case DmarcPolicy::reject:
      return "reject";
  }
  unreachable();
}

std::string_view to_text(RecordFault fault) noexcept {
  switch (fault) {
    case RecordFault::no_dmarc_record:
      return "does not begin with v=DMARC1";
  }
  unreachable();
}

}  // namespace milterward::auth
