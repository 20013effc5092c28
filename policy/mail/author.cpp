// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/author.h"

#include <algorithm>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/author_readings.h"
#include "policy/mail/scanner.h"
#include "policy/mail/utf8.h"

namespace milterward {
namespace {

Unexpected<AuthorFault> malformed(std::string reason) {
  return Unexpected{AuthorFault{AuthorFault::Kind::malformed, std::move(reason)}};
}

// "From", white space and the colon of a line that may pass for a field.
constexpr std::size_t from_line_limit = 80;

/// What stands before "@", "<" or ":": a local part, a display name, or nothing yet.
struct Words {
  std::string text;  // words and dots, without white space, comments and quotes
  bool any = false;
  bool adjacent = false;  // two words without a dot between them: a name, no local part
};

class FromParser {
 public:
  explicit FromParser(std::string_view value) noexcept : scan_(value) {}

  Result<Authors, AuthorFault> parse() {
    bool after_address = false;
    for (;;) {
      if (!scan_.skip_cfws()) return malformed(broken_text);
      if (scan_.at_end()) return finish();
      if (scan_.take(',')) {
        after_address = false;
        continue;
      }
      if (in_group_ && scan_.take(';')) {
        in_group_ = false;
        after_address = true;
        continue;
      }
      if (after_address) return malformed("text behind an address");
      const auto read = read_address();
      if (!read) return Unexpected{read.fault()};
      after_address = *read == Read::mailbox;
    }
  }

 private:
  enum class Read { mailbox, group_head };
  static constexpr const char* broken_text = "unclosed comment, NUL or stray line end";

  Result<Authors, AuthorFault> finish() {
    if (in_group_) return malformed("group without end");
    if (!authors_.empty()) return std::move(authors_);
    if (!saw_group_) return malformed("no address");
    return Unexpected{
        AuthorFault{AuthorFault::Kind::no_author, "group without an address"}};
  }

  Result<Read, AuthorFault> read_address() {
    const auto words = read_words();
    if (!words) return Unexpected{words.fault()};
    if (scan_.take('<')) return read_angle_address();
    if (scan_.is_next('@')) return read_domain_of(*words);
    if (scan_.take(':')) {
      if (in_group_) return malformed("group within a group");
      if (!words->any) return malformed("group without a name");
      in_group_ = saw_group_ = true;
      return Read::group_head;
    }
    if (words->any && (scan_.at_end() || scan_.is_next(',') || scan_.is_next(';')))
      return malformed("address without domain");
    return malformed("character that may not stand there");
  }

  Result<Words, AuthorFault> read_words() {
    Words words;
    bool after_word = false;
    for (;;) {
      if (!scan_.skip_cfws()) return malformed(broken_text);
      if (scan_.take('.')) {
        words.text += '.';
        after_word = false;
        continue;
      }
      if (scan_.is_next('"')) {
        const auto quoted = scan_.quoted_string();
        if (!quoted) return malformed("quoted string without end");
        words.text += *quoted;
      } else {
        const auto atom = scan_.atom();
        if (atom.empty()) return words;
        words.text += atom;
      }
      words.any = true;
      words.adjacent = words.adjacent || after_word;
      after_word = true;
    }
  }

  /// Behind "<": [route] addr-spec ">".
  Result<Read, AuthorFault> read_angle_address() {
    if (!scan_.skip_cfws()) return malformed(broken_text);
    if (scan_.is_next('@') || scan_.is_next(',')) {
      const auto fault = skip_route();
      if (fault) return Unexpected{*fault};
    }
    const auto words = read_words();
    if (!words) return Unexpected{words.fault()};
    if (!scan_.is_next('@')) {
      const bool closed = words->any && scan_.is_next('>');
      return malformed(closed ? "address without domain" : "no address in the brackets");
    }
    auto read = read_domain_of(*words);
    if (!read) return read;
    if (!scan_.skip_cfws()) return malformed(broken_text);
    if (!scan_.take('>')) return malformed("brackets without end");
    return read;
  }

  /// obs-route of RFC 5322 section 4.4; ignored, as it asks.
  std::optional<AuthorFault> skip_route() {
    for (;;) {
      if (!scan_.skip_cfws()) return malformed(broken_text).fault;
      if (scan_.take(':')) return std::nullopt;
      if (scan_.take(',')) continue;
      if (!scan_.take('@')) return malformed("malformed route").fault;
      const auto hop = read_domain_text();
      if (!hop) return hop.fault();
    }
  }

  /// "@" and the domain of a mailbox whose local part was read.
  Result<Read, AuthorFault> read_domain_of(const Words& local) {
    scan_.take('@');
    if (local.text.empty() && !local.any) return malformed("no local part");
    if (local.adjacent) return malformed("blank in the local part");
    if (local.text.find("=?") != std::string::npos)
      return malformed("encoded word as local part");
    if (!is_valid_utf8(local.text)) return malformed("local part is not UTF-8");
    auto text = read_domain_text();
    if (!text) return Unexpected{text.fault()};
    auto domain = Domain::parse(*text);
    if (!domain)
      return malformed("not a domain name: " + std::string{to_text(domain.fault())});
    if (authors_.size() == author_limit) return malformed("too many addresses");
    authors_.push_back({local.text, std::move(*text), std::move(*domain), true});
    return Read::mailbox;
  }

  /// obs-domain of RFC 5322 section 4.4: atoms and dots, comments and blanks between them.
  Result<std::string, AuthorFault> read_domain_text() {
    std::string text;
    for (;;) {
      if (!scan_.skip_cfws()) return malformed(broken_text);
      if (scan_.is_next('[')) return malformed("address literal instead of a domain");
      const auto atom = scan_.atom();
      if (atom.empty() && !text.ends_with('.')) return malformed("no domain behind the @");
      text += atom;
      if (!scan_.skip_cfws()) return malformed(broken_text);
      if (atom.empty() || !scan_.take('.')) return text;
      text += '.';
    }
  }

  Scanner scan_;
  Authors authors_;
  bool in_group_ = false;
  bool saw_group_ = false;
};

/// Does the text begin with "From", white space, and a colon?
bool begins_from(std::string_view text) noexcept {
  const auto colon = text.substr(0, from_line_limit).find(':');
  return colon != std::string_view::npos && !is_fws(text.front()) &&
         equal_ignoring_case(trim(text.substr(0, colon)), "From");
}

bool begins_from_behind(std::string_view text, char line_end) noexcept {
  for (auto end = text.find(line_end); end != std::string_view::npos;
       end = text.find(line_end)) {
    text.remove_prefix(end + 1);
    if (begins_from(text)) return true;
  }
  return false;
}

/// A line end that is no fold begins a new field for some readers.
bool hides_from(const RawHeader& field) noexcept {
  return begins_from_behind(field.value, '\n') || begins_from_behind(field.value, '\r');
}

}  // namespace

Result<Authors, AuthorFault> parse_authors(std::string_view value) {
  if (value.size() > from_field_limit) return malformed("field longer than 128 KiB");
  auto by_grammar = FromParser{value}.parse();
  const bool is_broken =
      !by_grammar && by_grammar.fault().kind == AuthorFault::Kind::malformed;
  auto seen = is_broken ? addresses_in_broken(value) : addresses_beside_grammar(value);
  if (!seen) return malformed(seen.fault());
  auto authors = by_grammar ? *by_grammar : Authors{};
  const auto known = domains_of(authors);
  for (auto& address : *seen)
    if (std::ranges::find(known, address.domain) == known.end())
      authors.push_back({std::move(address.local_part), std::move(address.domain_text),
                         std::move(address.domain), false});
  if (authors.empty()) return by_grammar;
  return authors;
}

Result<Authors, AuthorFault> authors_of(const RawHeaders& headers) {
  const auto is_from = [](const RawHeader& header) {
    return equal_ignoring_case(trim(header.name), "From");
  };
  if (std::ranges::any_of(headers, hides_from))
    return malformed("a line end within a field hides a From field");
  const auto count = std::ranges::count_if(headers, is_from);
  if (count == 0)
    return Unexpected{AuthorFault{AuthorFault::Kind::no_from, "no From field"}};
  if (count > 1)
    return Unexpected{AuthorFault{AuthorFault::Kind::several_from,
                                  std::to_string(count) + " From fields"}};
  return parse_authors(std::ranges::find_if(headers, is_from)->value);
}

bool are_by_grammar(const Authors& authors) noexcept {
  return std::ranges::all_of(authors, &AuthorMailbox::is_by_grammar);
}

std::vector<Domain> domains_of(const Authors& authors) {
  std::vector<Domain> domains;
  for (const auto& author : authors)
    if (std::ranges::find(domains, author.domain) == domains.end())
      domains.push_back(author.domain);
  return domains;
}

std::string_view to_text(AuthorFault::Kind kind) noexcept {
  switch (kind) {
    case AuthorFault::Kind::no_from:
      return "no_from";
    case AuthorFault::Kind::several_from:
      return "several_from";
    case AuthorFault::Kind::malformed:
      return "malformed";
    case AuthorFault::Kind::no_author:
      return "no_author";
  }
  unreachable();
}

}  // namespace milterward
