// SPDX-License-Identifier: Apache-2.0
// Encoded words of header fields (RFC 2047 section 2, RFC 2231 section 5), read as the most
// lenient decoder would: the question is what some reader could see, not what is right.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace milterward {

/// Octets up to which we look for the end of a word. The RFC allows 75; mailers that do not
/// know that put a whole name into one.
inline constexpr std::size_t encoded_word_limit = 1000;

struct EncodedWord {
  enum class Encoding { q, b };
  Encoding encoding = Encoding::q;
  bool has_end = false;    // "?=" within the limit; else nothing more is known of it
  std::size_t length = 0;  // octets it takes
  std::string charset;     // in lower case, without a language
  std::string text;        // the octets it stands for, in its own charset

  bool operator==(const EncodedWord&) const = default;
};

/// The encoded word that begins at the front of `text`.
///     encoded-word = "=?" charset "?" ("Q" / "B") "?" encoded-text "?="
/// White space within is let through; what cannot be decoded is skipped.
std::optional<EncodedWord> read_encoded_word(std::string_view text);

}  // namespace milterward
