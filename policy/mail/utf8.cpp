// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/utf8.h"

#include <cstddef>

namespace milterward {
namespace {

unsigned octet(std::string_view text, std::size_t at) noexcept {
  return static_cast<unsigned char>(text[at]);
}

/// Octets of the well-formed sequence at `at`; 0 when there is none. RFC 3629 section 4.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
  const unsigned lead = octet(text, at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((octet(text, at + i) & 0xc0) != 0x80) return 0;
  const unsigned second = octet(text, at + 1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool beyond = lead == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace milterward
