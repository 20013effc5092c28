// SPDX-License-Identifier: Apache-2.0
// Any octets are a body. Its first two choose how it is split; however that is, the
// canonical form is what a plain model of RFC 6376 section 3.4 makes of the whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/auth/dkim/canonical.h"
#include "policy/base/ascii.h"

namespace {

using milterward::is_wsp;
using milterward::auth::CanonicalBody;
using milterward::auth::Canonicalization;

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

std::string model(Canonicalization form, std::string_view body) {
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

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t first = octets[0], chunk = octets[1] % 16 + 1;
  const std::string_view body{reinterpret_cast<const char*>(octets) + 2, size - 2};
  for (const auto form : {Canonicalization::simple, Canonicalization::relaxed}) {
    std::string out;
    CanonicalBody canonical{form, [&](std::string_view part) { out += part; }};
    canonical.feed(body.substr(0, first));
    for (std::size_t at = std::min(first, body.size()); at < body.size(); at += chunk)
      canonical.feed(body.substr(at, chunk));
    canonical.finish();
    if (out != model(form, body) || canonical.length() != out.size()) std::abort();
  }
  return 0;
}
