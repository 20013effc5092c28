// SPDX-License-Identifier: Apache-2.0
#include "tests/support/naive_canonical.h"

#include "policy/base/ascii.h"

namespace milterward::tests {
namespace {

using auth::Canonicalization;

std::string relaxed_line(std::string_view line) {
  std::string out;
  for (const char c : line) {
    if (!is_wsp(c))
      out += c;
    else if (!out.ends_with(' '))
      out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::string naive_canonical_body(Canonicalization form, std::string_view body) {
  std::string text{body};
  if (!text.empty() && !text.ends_with("\r\n")) text += "\r\n";
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = text.find("\r\n", from);
    const auto line = text.substr(from, end - from);
    out += (form == Canonicalization::relaxed ? relaxed_line(line) : line) + "\r\n";
    from = end + 2;
  }
  while (out.ends_with("\r\n\r\n")) out.resize(out.size() - 2);
  if (out == "\r\n") out.clear();
  return out.empty() && form == Canonicalization::simple ? "\r\n" : out;
}

}  // namespace milterward::tests
