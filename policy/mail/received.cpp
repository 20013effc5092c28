// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/received.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/scanner.h"

namespace milterward {
namespace {

// Octets we read of one field; real ones have a few hundred.
constexpr std::size_t field_limit = 8 * 1024;

bool is_word_character(char c) noexcept {
  return !is_fws(c) && c != '(' && c != ')' && c != ';' && c != '\0';
}

std::string_view next_word(Scanner& scan) {
  const auto rest = scan.rest();
  std::size_t length = 0;
  while (length < rest.size() && is_word_character(rest[length])) ++length;
  scan.skip(length);
  return rest.substr(0, length);
}

/// "[192.0.2.1]" with, as Exim may write, ":25" behind.
std::optional<IpAddress> bracketed(std::string_view word) {
  const auto close = word.find(']');
  if (!word.starts_with('[') || close == std::string_view::npos) return std::nullopt;
  const auto behind = word.substr(close + 1);
  if (!behind.empty() && (behind.front() != ':' || behind.size() > 6 ||
                          behind.find_first_not_of("0123456789", 1) != std::string::npos))
    return std::nullopt;
  const auto address = IpAddress::parse(word.substr(1, close - 1));
  return address ? std::optional{*address} : std::nullopt;
}

std::optional<IpAddress> plain_address(std::string_view word) {
  if (word.starts_with('[')) return std::nullopt;
  const auto address = IpAddress::parse(word);
  return address ? std::optional{*address} : std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view comment) {
  std::vector<std::string_view> words;
  for (const auto part : split(comment, ' '))
    if (!trim(part).empty()) words.push_back(trim(part));
  return words;
}

std::string_view value_of(std::string_view word, std::string_view key) {
  return word.starts_with(key) ? word.substr(key.size()) : std::string_view{};
}

/// What one comment behind "from WORD" says.
struct Clue {
  enum class Form {
    silent,        // nothing about the client: "using TLSv1.3 with cipher ..."
    seen,          // NAME [ADDRESS], or ADDRESS: what the server saw
    seen_by_exim,  // [ADDRESS] helo=x: WORD is a name
    exim_words,    // helo=x: WORD is what the server saw
    helo,          // HELO x, by qmail
    odd,           // an address where none of our servers writes one
  };
  Form form = Form::silent;
  IpAddress address;
  std::string_view helo;
};

Clue exim_clue(const std::vector<std::string_view>& words, std::size_t from, Clue clue) {
  for (std::size_t i = from; i < words.size(); ++i) {
    if (const auto helo = value_of(words[i], "helo="); !helo.empty())
      clue.helo = helo;
    else if (!words[i].starts_with("ident=") && !words[i].starts_with("port="))
      return {Clue::Form::odd, {}, {}};
  }
  return clue;
}

Clue clue_of(std::string_view comment) {
  using Form = Clue::Form;
  const auto words = words_of(comment);
  if (words.empty()) return {};
  if (const auto address = bracketed(words[0])) {
    const bool forged = words.size() > 1 && words[1].starts_with('(');
    if (words.size() == 1 || forged) return {Form::seen, *address, {}};
    return exim_clue(words, 1, {Form::seen_by_exim, *address, {}});
  }
  if (words[0].starts_with("helo=") || words[0].starts_with("port=") ||
      words[0].starts_with("ident="))
    return exim_clue(words, 0, {Form::exim_words, {}, {}});
  if (words[0] == "HELO" && words.size() == 2) return {Form::helo, {}, words[1]};
  if (words.size() >= 2 && words[0].find_first_of("[]") == std::string_view::npos)
    if (const auto address = bracketed(words[1]))
      if (words.size() == 2 || words[2] == "(may") return {Form::seen, *address, {}};
  if (words.size() == 1) {
    // qmail: the ident answer, "@", the address.
    const auto at = words[0].rfind('@');
    const auto word = at == std::string_view::npos ? words[0] : words[0].substr(at + 1);
    if (const auto address = plain_address(word)) return {Form::seen, *address, {}};
  }
  if (comment.find('[') != std::string_view::npos) return {Form::odd, {}, {}};
  return {};
}

}  // namespace

Result<ReceivedClient, ReceivedFault> parse_received(std::string_view value) {
  if (value.size() > field_limit) return Unexpected{ReceivedFault::ambiguous};
  Scanner scan{value};
  if (!scan.skip_fws()) return Unexpected{ReceivedFault::ambiguous};
  if (!equal_ignoring_case(next_word(scan), "from"))
    return Unexpected{ReceivedFault::no_client};
  if (!scan.skip_fws()) return Unexpected{ReceivedFault::ambiguous};
  const auto word = next_word(scan);
  // What touches it without a blank is part of what a stranger said in HELO.
  if (word.empty() || !is_fws(scan.peek())) return Unexpected{ReceivedFault::ambiguous};

  ReceivedClient client{{}, std::string{word}};
  for (;;) {
    if (!scan.skip_fws()) return Unexpected{ReceivedFault::ambiguous};
    if (!scan.is_next('(')) break;
    auto comment = scan.comment();
    if (!comment) return Unexpected{ReceivedFault::ambiguous};
    std::ranges::replace(*comment, '\t', ' ');
    auto clue = clue_of(*comment);
    if (clue.form == Clue::Form::exim_words) {
      const auto address = bracketed(word);
      if (!address) return Unexpected{ReceivedFault::ambiguous};
      clue.address = *address;
    }
    switch (clue.form) {
      case Clue::Form::silent:
        continue;
      case Clue::Form::odd:
        return Unexpected{ReceivedFault::ambiguous};
      case Clue::Form::helo:
        client.helo = clue.helo;
        continue;
      case Clue::Form::seen_by_exim:
      case Clue::Form::exim_words:
        client.helo = clue.helo;
        break;
      case Clue::Form::seen:
        break;
    }
    if (client.address.known()) return Unexpected{ReceivedFault::ambiguous};
    client.address = clue.address;
  }
  const auto next = next_word(scan);
  if (!equal_ignoring_case(next, "by")) return Unexpected{ReceivedFault::ambiguous};
  if (!client.address.known()) return Unexpected{ReceivedFault::no_client};
  return client;
}

Result<ReceivedClient, ReceivedFault> upstream_client_of(const RawHeaders& headers) {
  for (const auto& header : headers)
    if (header.is("Received")) return parse_received(header.value);
  return Unexpected{ReceivedFault::no_field};
}

std::string_view to_text(ReceivedFault fault) noexcept {
  switch (fault) {
    case ReceivedFault::no_field:
      return "no Received field";
    case ReceivedFault::no_client:
      return "the topmost Received field names no client";
    case ReceivedFault::ambiguous:
      return "the topmost Received field has a form we do not know";
  }
  unreachable();
}

}  // namespace milterward
