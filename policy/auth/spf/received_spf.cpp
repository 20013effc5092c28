// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/spf/received_spf.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/address.h"

namespace milterward::auth {
namespace {

using ports::SpfIdentity;
using ports::SpfResult;

constexpr std::size_t columns = 76;  // RFC 5322 section 2.1.1 recommends 78
constexpr std::size_t tab_columns = 8;
// A path with its brackets has 256 octets (RFC 5321 section 4.5.3.1.3). With quotes and
// every octet escaped a line stays below the 998 of RFC 5322 section 2.1.1.
constexpr std::size_t value_limit = 256;

bool is_dot_atom(std::string_view text) {
  constexpr std::string_view further = "!#$%&'*+-/=?^_`{|}~";
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  return text.find("..") == std::string_view::npos &&
         std::ranges::all_of(text, [&](char c) {
           return is_alnum(c) || c == '.' || further.find(c) != std::string_view::npos;
         });
}

std::string with_backslashes(std::string_view text, std::string_view special,
                             FieldText form = FieldText::ascii) {
  std::string out;
  for (const char c : field_text(text, form, value_limit)) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string pair(std::string_view key, std::string_view value,
                 FieldText form = FieldText::ascii) {
  if (is_dot_atom(value) && value.size() <= value_limit)
    return fmt::format("{}={};", key, value);
  return fmt::format("{}=\"{}\";", key, with_backslashes(value, "\"\\", form));
}

std::string sentence(const ReceivedSpf& checked, const ports::SpfFinding& finding) {
  const auto domain = finding.domain.empty() ? "the sender" : finding.domain;
  const auto client = checked.client.text();
  switch (finding.result) {
    case SpfResult::pass:
      return fmt::format("{} designates {} as permitted sender", domain, client);
    case SpfResult::fail:
      return fmt::format("{} does not designate {} as permitted sender", domain, client);
    case SpfResult::softfail:
      return fmt::format("{} probably does not designate {} as permitted sender", domain,
                         client);
    case SpfResult::neutral:
      return fmt::format("{} makes no statement about {}", domain, client);
    case SpfResult::none:
    case SpfResult::temperror:
    case SpfResult::permerror:
      return fmt::format("{} cannot be checked: {}", domain, finding.reason);
  }
  unreachable();
}

/// A sender without a domain stands for postmaster of the HELO name, RFC 7208 section 2.4.
std::string envelope_from(const ReceivedSpf& checked) {
  if (claimed_sender(checked.mail_from).domain_text.empty())
    return address_with_a_labels("postmaster@" + checked.helo);
  auto address = address_with_a_labels(checked.mail_from);
  // Its domain is what was checked, and half a domain is another one.
  if (address.size() > value_limit) address.erase(0, address.size() - value_limit);
  return address;
}

class Folded {
 public:
  explicit Folded(std::size_t first_column) : column_(first_column) {}

  void add(std::string_view piece) {
    const bool fits = column_ + 1 + piece.size() <= columns;
    text_ += fits ? " " : "\r\n\t";
    column_ = fits ? column_ + 1 : tab_columns;
    text_ += piece;
    column_ += piece.size();
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
  std::size_t column_;
};

}  // namespace

RawHeader received_spf_field(const ReceivedSpf& checked, const ports::SpfFinding& finding) {
  Folded value{received_spf_field_name.size() + 1};
  value.add(ports::to_text(finding.result));
  const auto comment = fmt::format("({}: {})", with_backslashes(checked.receiver, "()\\"),
                                   with_backslashes(sentence(checked, finding), "()\\"));
  for (const auto word : split(comment, ' '))
    if (!word.empty()) value.add(word);
  value.add(pair("receiver", checked.receiver));
  value.add(pair("identity", ports::to_text(checked.identity)));
  value.add(pair("client-ip", checked.client.text()));
  if (checked.identity == SpfIdentity::mail_from)
    value.add(pair("envelope-from", envelope_from(checked), checked.text));
  value.add(pair("helo", with_a_labels(checked.helo)));
  switch (finding.result) {
    case SpfResult::pass:
    case SpfResult::fail:
    case SpfResult::softfail:
    case SpfResult::neutral:
      value.add(
          pair("mechanism", finding.mechanism.empty() ? "default" : finding.mechanism));
      break;
    case SpfResult::temperror:
    case SpfResult::permerror:
      value.add(pair("problem", finding.reason));
      break;
    case SpfResult::none:
      break;
  }
  return {std::string{received_spf_field_name}, std::move(value).text()};
}

}  // namespace milterward::auth
