// SPDX-License-Identifier: Apache-2.0
#include "conf/import/quotation.h"

#include "policy/base/ascii.h"
#include "policy/mail/utf8.h"

namespace milterward::importing {
namespace {

/// C1 is U+0080 to U+009F: 0xC2, and this.
bool is_second_of_c1(char c) {
  return static_cast<unsigned char>(c) >= 0x80 && static_cast<unsigned char>(c) < 0xa0;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

}  // namespace

std::string quotation(std::string_view text, std::size_t limit) {
  std::string words;
  for (const char c : text) {
    if (!is_fws(c))
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  if (!words.empty() && words.back() == ' ') words.pop_back();
  if (!is_valid_utf8(words)) return printable(words, limit);
  std::string shown;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto octet = static_cast<unsigned char>(words[i]);
    if (octet < 0x20 || octet == 0x7f) {
      shown += '?';
    } else if (octet == 0xc2 && is_second_of_c1(words[i + 1])) {
      shown += '?';
      ++i;
    } else {
      shown += words[i];
    }
  }
  if (shown.size() <= limit) return shown;
  auto end = limit;
  while (end > 0 && continues(shown[end])) --end;
  return shown.substr(0, end);
}

}  // namespace milterward::importing
