// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/reply_text.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/mail/field_text.h"

namespace milterward::rules {
namespace {

/// A HELO name or an address has no right to more of the line.
constexpr std::size_t longest_name = 128;

/// What is known at every step, and what only some know.
struct Names {
  const SenderFacts& sender;
  std::string_view rule;
  std::string_view recipient;
  std::string_view author_domain;
};

std::string value_of(std::string_view name, const Names& names) {
  if (name == "rule") return std::string{names.rule};
  if (name == "client") return names.sender.client.text();
  if (name == "helo") return with_a_labels(names.sender.helo);
  if (name == "mail_from") return address_with_a_labels(names.sender.mail_from);
  if (name == "recipient") return address_with_a_labels(names.recipient);
  if (name == "author_domain") return std::string{names.author_domain};
  return {};
}

std::string expanded(std::string_view text, const Names& names) {
  std::string line;
  while (!text.empty()) {
    const auto brace = text.find('{');
    line += text.substr(0, brace);
    if (brace == std::string_view::npos) break;
    text.remove_prefix(brace + 1);
    if (text.starts_with('{')) {
      line += '{';
      text.remove_prefix(1);
      continue;
    }
    const auto end = std::min(text.find('}'), text.size());
    const auto value = printable(value_of(text.substr(0, end), names), longest_name);
    line += value.empty() ? "unknown" : value;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return line;
}

Verdict worded(Verdict verdict, const Names& names,
               const std::vector<conf::ReplyText>& texts) {
  if (!verdict.refuses()) return verdict;
  const auto row = std::ranges::find(texts, verdict.rule, &conf::ReplyText::rule);
  if (row != texts.end()) verdict.reply.text = expanded(row->text, names);
  return verdict;
}

}  // namespace

Verdict worded(Verdict verdict, const SenderFacts& facts,
               const std::vector<conf::ReplyText>& texts) {
  const auto rule = verdict.rule;
  return worded(std::move(verdict), Names{facts, rule, "", ""}, texts);
}

Verdict worded(Verdict verdict, const RecipientFacts& facts,
               const std::vector<conf::ReplyText>& texts) {
  const auto rule = verdict.rule;
  return worded(std::move(verdict), Names{facts, rule, facts.recipient, ""}, texts);
}

Verdict worded(Verdict verdict, const MessageFacts& facts,
               const std::vector<conf::ReplyText>& texts) {
  const auto rule = verdict.rule;
  const std::string_view author =
      !facts.dmarc_domain.empty()     ? std::string_view{facts.dmarc_domain}
      : !facts.author_domains.empty() ? std::string_view{facts.author_domains.front()}
                                      : std::string_view{};
  return worded(std::move(verdict), Names{facts, rule, "", author}, texts);
}

}  // namespace milterward::rules
