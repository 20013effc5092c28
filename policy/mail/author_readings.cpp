// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/author_readings.h"

#include <algorithm>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/mail/encoded_word.h"
#include "policy/mail/scanner.h"
#include "policy/mail/utf8.h"

namespace milterward {
namespace {

bool is_domain_character(char c) noexcept {
  return is_alnum(c) || c == '.' || c == '-' || c == '_' || (c & 0x80) != 0;
}

std::string_view domain_run(std::string_view text) noexcept {
  const auto end = std::ranges::find_if_not(text, is_domain_character);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::string_view without_final_dots(std::string_view text) noexcept {
  while (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

/// Atoms and dots with comments and white space between them, as the obsolete grammar reads
/// a domain (RFC 5322 section 4.4); as far as it goes.
std::string spread_domain(std::string_view text) {
  Scanner scan{text};
  std::string domain;
  for (bool after_label = false; scan.skip_cfws() && !scan.at_end();) {
    if (after_label && !scan.is_next('.')) break;
    if (scan.take('.')) {
      domain += '.';
      after_label = false;
      continue;
    }
    const auto label = scan.atom();
    if (label.empty()) break;
    domain += label;
    after_label = true;
  }
  return domain;
}

/// What stands before the "@" at `at`, if one can see where it begins.
std::string local_part_before(std::string_view text, std::size_t at) {
  constexpr std::string_view openers = "<(,;: \t\r\n";
  std::size_t begin = at;
  while (begin > 0 && (is_atext(text[begin - 1]) || text[begin - 1] == '.')) --begin;
  const auto local = text.substr(begin, at - begin);
  const bool is_clear =
      begin == 0 || openers.find(text[begin - 1]) != std::string_view::npos;
  return is_clear && is_valid_utf8(local) ? std::string{local} : std::string{};
}

/// The addresses found so far.
class Seen {
 public:
  /// A name in front of other octets is no fault of the field.
  void add_if_domain(std::string_view text, std::size_t at, std::string_view name) {
    if (auto domain = Domain::parse(name)) add(text, at, name, std::move(*domain));
  }
  void add(std::string_view text, std::size_t at, std::string_view name, Domain domain) {
    auto& kind = domain.label_count() == 1 ? single_labels_ : addresses_;
    SeenAddress address{local_part_before(text, at), std::string{name}, std::move(domain)};
    const auto is_same = [&](const SeenAddress& other) {
      return other.local_part == address.local_part && other.domain == address.domain;
    };
    if (std::ranges::none_of(kind, is_same)) kind.push_back(std::move(address));
  }
  bool are_too_many() const noexcept {
    return addresses_.size() + single_labels_.size() > seen_address_limit;
  }
  std::vector<SeenAddress> take() {
    return std::move(addresses_.empty() ? single_labels_ : addresses_);
  }
  std::vector<SeenAddress> take_full_names() { return std::move(addresses_); }

 private:
  std::vector<SeenAddress> addresses_;
  std::vector<SeenAddress> single_labels_;
};

constexpr const char* too_many = "too many addresses";

/// Adds what stands behind each "@" and is a domain; nothing else is of interest. False:
/// there are too many.
bool look_for_domains(std::string_view text, Seen& seen) {
  std::size_t signs = 0;
  for (auto at = text.find('@'); at != std::string_view::npos;
       at = text.find('@', at + 1)) {
    if (++signs > seen_sign_limit || seen.are_too_many()) return false;
    const auto rest = text.substr(at + 1);
    const auto run = domain_run(rest);
    seen.add_if_domain(text, at, without_final_dots(run));
    const auto spread = spread_domain(rest);
    if (spread != run) seen.add_if_domain(text, at, without_final_dots(spread));
  }
  return !seen.are_too_many();
}

/// CRLF or LF before white space, or at the very end.
bool is_fold(std::string_view text, std::size_t at) noexcept {
  if (text[at] == '\r' && ++at == text.size()) return false;
  return text[at] == '\n' && (at + 1 == text.size() || is_wsp(text[at + 1]));
}

std::optional<std::string> fault_of_octets(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\r' || c == '\n') {
      if (!is_fold(text, at)) return "stray line end";
      if (c == '\r') ++at;
    } else if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f') {
      return "control character";
    }
  }
  return std::nullopt;
}

/// Stands for an encoded word; no domain has it.
constexpr char word_mark = '=';

/// Why one cannot be sure of the domain behind the "@" that `rest` follows.
std::optional<std::string> fault_of_domain(std::string_view rest) {
  if (rest.starts_with('[')) return "address literal instead of a domain";
  const auto run = domain_run(rest);
  const auto behind = rest.substr(run.size());
  const char next = behind.empty() ? '\0' : behind.front();
  if (is_atext(next) || next == '\\') return "domain mixed with other characters";
  if (next == '"' && behind.size() > 1 && is_domain_character(behind[1]))
    return "domain with a quote in it";
  if (spread_domain(rest).find(word_mark) != std::string::npos)
    return "encoded word in an address";
  if (const auto name = without_final_dots(run); !name.empty() && !Domain::parse(name))
    return "not a domain name";
  return std::nullopt;
}

/// A field as readers see it that decode encoded words last, and as those do that decode
/// first.
struct TwoReadings {
  std::string encoded;  // each word a mark
  std::string decoded;
};

/// A fault where a word has no end, touches an address, or cannot be decoded.
Result<TwoReadings, std::string> two_readings_of(std::string_view text) {
  TwoReadings readings;
  bool after_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    const auto word = read_encoded_word(rest);
    if (!word) {
      after_word = after_word && is_fws(text[at]);
      readings.encoded += text[at];
      readings.decoded += text[at++];
      continue;
    }
    if (!word->has_end) return Unexpected{std::string{"encoded word without end"}};
    if (trim(rest.substr(word->length)).starts_with('@'))
      return Unexpected{std::string{"encoded word in an address"}};
    if (word->encoding == EncodedWord::Encoding::b &&
        rest.substr(0, word->length).find('@') != std::string_view::npos)
      return Unexpected{std::string{"encoded word that is no Base64"}};
    if (after_word)  // the blanks between two words do not count
      while (!readings.decoded.empty() && is_fws(readings.decoded.back()))
        readings.decoded.pop_back();
    readings.encoded += word_mark;
    readings.decoded += word->text;
    at += word->length;
    after_word = true;
  }
  return readings;
}

/// What a field that follows the grammar shows beside its mailboxes: everything but simple
/// quoted strings and encoded words; the texts of the latter come apart.
struct Remainder {
  std::string text;
  std::vector<std::string> decoded;  // adjoining words together
};

/// The octets of a quoted string that begins at the front, quotes included.
std::size_t quoted_length(std::string_view text) noexcept {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return text.size();
}

Remainder remainder_of(std::string_view value) {
  Remainder remainder;
  int depth = 0;  // of comments, in which quotes mean nothing
  bool after_word = false;
  for (std::size_t at = 0; at < value.size();) {
    const auto rest = value.substr(at);
    const char c = value[at];
    if (c == '"' && depth == 0) {
      const auto quoted = rest.substr(0, quoted_length(rest));
      const bool is_simple = quoted.find('\\') == std::string_view::npos;
      remainder.text += is_simple ? std::string_view{"\"\""} : quoted;
      at += quoted.size();
      after_word = false;
    } else if (const auto word = read_encoded_word(rest); word && word->has_end) {
      if (!after_word) remainder.decoded.emplace_back();
      remainder.decoded.back() += word->text;
      remainder.text += ' ';
      at += word->length;
      after_word = true;
    } else {
      if (c == '(') ++depth;
      if (c == ')' && depth > 0) --depth;
      after_word = after_word && is_fws(c);
      const std::size_t octets = c == '\\' ? std::min<std::size_t>(2, rest.size()) : 1;
      remainder.text += rest.substr(0, octets);
      at += octets;
    }
  }
  return remainder;
}

bool separates_addresses(std::string_view text) noexcept {
  return text.find_first_of("<>,;:") != std::string_view::npos;
}

}  // namespace

SeenAddresses addresses_in_broken(std::string_view value) {
  if (auto fault = fault_of_octets(value)) return Unexpected{std::move(*fault)};
  const auto readings = two_readings_of(value);
  if (!readings) return Unexpected{readings.fault()};
  const std::string_view encoded = readings->encoded;
  std::size_t signs = 0;
  for (auto at = encoded.find('@'); at != std::string_view::npos;
       at = encoded.find('@', at + 1)) {
    if (++signs > seen_sign_limit) return Unexpected{std::string{too_many}};
    if (auto fault = fault_of_domain(encoded.substr(at + 1)))
      return Unexpected{std::move(*fault)};
  }
  Seen seen;
  if (!look_for_domains(encoded, seen) || !look_for_domains(readings->decoded, seen))
    return Unexpected{std::string{too_many}};
  return seen.take();
}

SeenAddresses addresses_beside_grammar(std::string_view value) {
  const auto remainder = remainder_of(value);
  Seen seen;
  bool complete = look_for_domains(remainder.text, seen);
  for (const auto& text : remainder.decoded)
    if (separates_addresses(text)) complete = complete && look_for_domains(text, seen);
  if (!complete) return Unexpected{std::string{too_many}};
  return seen.take_full_names();
}

}  // namespace milterward
