// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/facts_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <type_traits>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/rules/quota_text.h"

namespace milterward::rules {
namespace {

using auth::ArcProof;
using auth::ArcResult;
using auth::ArcWitness;
using auth::DmarcPolicy;
using auth::DmarcResult;
using auth::FaultyList;
using auth::HeloState;
using auth::IprevResult;
using auth::ListFault;
using auth::Listing;
using ports::DkimResult;
using ports::SpfResult;

// Every enumerator of the enums that occur in facts; their words come from to_text.
constexpr std::array hops{NextHop::unknown, NextHop::here, NextHop::elsewhere,
                          NextHop::refused};
constexpr std::array from_states{FromState::one_domain,       FromState::several_domains,
                                 FromState::too_many_domains, FromState::no_from,
                                 FromState::several_from,     FromState::malformed,
                                 FromState::no_author};
constexpr std::array claims{Claim::unbound, Claim::owned, Claim::foreign, Claim::unreadable,
                            Claim::unknown};
constexpr std::array returns{Returned::no, Returned::entered_inbound,
                             Returned::entered_as_ours, Returned::entered_as_stranger};
constexpr std::array arc_results{ArcResult::none, ArcResult::pass, ArcResult::fail};
constexpr std::array arc_proofs{ArcProof::dmarc, ArcProof::dkim, ArcProof::spf};
constexpr std::array dmarc_results{DmarcResult::none, DmarcResult::pass, DmarcResult::fail,
                                   DmarcResult::temperror, DmarcResult::permerror};
constexpr std::array dmarc_policies{DmarcPolicy::none, DmarcPolicy::quarantine,
                                    DmarcPolicy::reject};
constexpr std::array helo_states{HeloState::unremarkable, HeloState::ours,
                                 HeloState::bare_address, HeloState::other_address,
                                 HeloState::not_qualified};
constexpr std::array iprev_results{IprevResult::pass, IprevResult::fail,
                                   IprevResult::temperror, IprevResult::permerror};
constexpr std::array list_faults{ListFault::unanswered, ListFault::refused,
                                 ListFault::unbelievable};
constexpr std::array signing_states{
    SigningState::not_asked,      SigningState::ready,        SigningState::no_key,
    SigningState::key_unusable,   SigningState::not_entitled, SigningState::not_known,
    SigningState::keys_not_known, SigningState::no_author};
constexpr std::array spf_results{
    SpfResult::none,     SpfResult::neutral,   SpfResult::pass,     SpfResult::fail,
    SpfResult::softfail, SpfResult::temperror, SpfResult::permerror};
constexpr std::array dkim_results{
    DkimResult::none,    DkimResult::pass,      DkimResult::fail,     DkimResult::policy,
    DkimResult::neutral, DkimResult::temperror, DkimResult::permerror};

constexpr std::array preflights{Preflight::no_message_id,
                                Preflight::malformed_message_id,
                                Preflight::no_date,
                                Preflight::malformed_date,
                                Preflight::doubled_field,
                                Preflight::long_line,
                                Preflight::unaligned,
                                Preflight::unsigned_bulk,
                                Preflight::no_unsubscribe,
                                Preflight::unsubscribe_unsigned,
                                Preflight::spf,
                                Preflight::no_ptr,
                                Preflight::no_dmarc};
constexpr std::array unsubscriptions{Unsubscription::none, Unsubscription::not_one_click,
                                     Unsubscription::not_signed, Unsubscription::one_click};

template <class E>
constexpr std::span<const E> enumerators_of() {
  if constexpr (std::is_same_v<E, Preflight>) return preflights;
  if constexpr (std::is_same_v<E, Unsubscription>) return unsubscriptions;
  if constexpr (std::is_same_v<E, NextHop>) return hops;
  if constexpr (std::is_same_v<E, FromState>) return from_states;
  if constexpr (std::is_same_v<E, Claim>) return claims;
  if constexpr (std::is_same_v<E, Returned>) return returns;
  if constexpr (std::is_same_v<E, ArcResult>) return arc_results;
  if constexpr (std::is_same_v<E, ArcProof>) return arc_proofs;
  if constexpr (std::is_same_v<E, DmarcResult>) return dmarc_results;
  if constexpr (std::is_same_v<E, DmarcPolicy>) return dmarc_policies;
  if constexpr (std::is_same_v<E, HeloState>) return helo_states;
  if constexpr (std::is_same_v<E, IprevResult>) return iprev_results;
  if constexpr (std::is_same_v<E, ListFault>) return list_faults;
  if constexpr (std::is_same_v<E, SigningState>) return signing_states;
  if constexpr (std::is_same_v<E, SpfResult>) return spf_results;
  // cppcheck-suppress missingReturn; another E does not compile
  if constexpr (std::is_same_v<E, DkimResult>) return dkim_results;
}

std::string in_quotes(std::string_view value) {
  bool plain = !value.empty();
  for (const char c : value) plain = plain && c > ' ' && c != '"' && c != '\\' && c != 0x7f;
  if (plain) return std::string{value};
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\')
      (text += '\\') += c;
    else if (c == '\n')
      text += "\\n";
    else if (c == '\r')
      text += "\\r";
    else if (c == '\t')
      text += "\\t";
    else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      text += c;
  }
  return text + "\"";
}

// encode and decode: one pair per member type.
std::string encode(const std::string& value) { return value; }
std::string encode(std::size_t value) { return std::to_string(value); }
std::string encode(const IpAddress& value) { return value.text(); }
template <class E>
requires std::is_enum_v<E> std::string encode(E value) {
  return std::string{to_text(value)};
}
std::string encode(const DkimFact& fact) {
  return fmt::format("{}:{}:{}:{}", to_text(fact.result), fact.domain, fact.selector,
                     fact.algorithm);
}
std::string encode(const ArcSealFact& fact) {
  return fmt::format("{}:{}", fact.domain, fact.selector);
}
std::string encode(const Listing& listing) {
  return fmt::format("{}:{}", listing.list, listing.code.text());
}
std::string encode(const FaultyList& faulty) {
  return fmt::format("{}:{}", faulty.list, to_text(faulty.fault));
}
std::string encode(const ArcWitness& witness) {
  return fmt::format("{}:{}:{}", witness.sealer, to_text(witness.proof),
                     witness.author_domain);
}
std::string encode(const PreflightFact& fact) {
  return fact.detail.empty() ? std::string{to_text(fact.kind)}
                             : fmt::format("{}:{}", to_text(fact.kind), fact.detail);
}
std::string encode(const QuotaFact& fact) { return to_text(fact); }

/// Takes the part before the next ":" off the front.
std::string take_part(std::string_view& text) {
  const auto part = text.substr(0, text.find(':'));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return std::string{part};
}

template <class T>
std::optional<T> decode(const std::string& text) {
  if constexpr (std::is_same_v<T, std::string>) {
    return text;
  } else if constexpr (std::is_same_v<T, std::size_t>) {
    std::size_t number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional{number} : std::nullopt;
  } else if constexpr (std::is_same_v<T, IpAddress>) {
    const auto address = IpAddress::parse(text);
    return address ? std::optional{*address} : std::nullopt;
  } else if constexpr (std::is_same_v<T, DkimFact>) {
    // The algorithm stands last, since it alone is a stranger's word and may have colons.
    std::string_view rest = text;
    const auto result = decode<DkimResult>(take_part(rest));
    if (!result) return std::nullopt;
    auto domain = take_part(rest);
    auto selector = take_part(rest);
    return DkimFact{*result, std::move(domain), std::move(selector), std::string{rest}};
  } else if constexpr (std::is_same_v<T, ArcSealFact>) {
    std::string_view rest = text;
    auto domain = take_part(rest);
    return ArcSealFact{std::move(domain), std::string{rest}};
  } else if constexpr (std::is_same_v<T, Listing>) {
    std::string_view rest = text;
    auto list = take_part(rest);
    const auto code = IpAddress::parse(rest);
    return code ? std::optional{Listing{std::move(list), *code}} : std::nullopt;
  } else if constexpr (std::is_same_v<T, FaultyList>) {
    std::string_view rest = text;
    auto list = take_part(rest);
    const auto fault = decode<ListFault>(std::string{rest});
    return fault ? std::optional{FaultyList{std::move(list), *fault}} : std::nullopt;
  } else if constexpr (std::is_same_v<T, ArcWitness>) {
    std::string_view rest = text;
    auto sealer = take_part(rest);
    const auto proof = decode<ArcProof>(take_part(rest));
    if (!proof) return std::nullopt;
    return ArcWitness{std::move(sealer), *proof, std::string{rest}};
  } else if constexpr (std::is_same_v<T, PreflightFact>) {
    std::string_view rest = text;
    const auto kind = decode<Preflight>(take_part(rest));
    return kind ? std::optional{PreflightFact{*kind, std::string{rest}}} : std::nullopt;
  } else if constexpr (std::is_same_v<T, QuotaFact>) {
    return parse_quota_fact(text);
  } else {
    static_assert(std::is_enum_v<T>);
    for (const auto value : enumerators_of<T>())
      if (to_text(value) == text) return value;
    return std::nullopt;
  }
}

template <class T>
constexpr bool is_list = false;
template <class T>
constexpr bool is_list<std::vector<T>> = true;

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

template <class Facts>
std::string write(const Facts& facts) {
  std::string text;
  const Facts fresh{};
  const auto put = [&](std::string_view token) {
    if (!text.empty()) text += ' ';
    text += token;
  };
  const auto put_field = [&](const auto& field) {
    const auto& value = facts.*field.member;
    using T = std::remove_cvref_t<decltype(value)>;
    if (value == fresh.*field.member) return;
    if constexpr (std::is_same_v<T, bool>)
      put(value ? std::string{field.name} : fmt::format("{}=no", field.name));
    else if constexpr (is_optional<T>)
      put(fmt::format("{}={}", field.name, in_quotes(encode(*value))));
    else if constexpr (is_list<T>)
      for (const auto& element : value)
        put(fmt::format("{}={}", field.name, in_quotes(encode(element))));
    else
      put(fmt::format("{}={}", field.name, in_quotes(encode(value))));
  };
  std::apply([&](const auto&... field) { (put_field(field), ...); }, Facts::fields());
  return text;
}

struct Token {
  std::string name;
  std::optional<std::string> value;
};

/// Reads `"..."` from the front of `text`; the closing quote is consumed.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] != '\\') {
      value += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] == 'n') {
      value += '\n';
    } else if (text[i] == 'r') {
      value += '\r';
    } else if (text[i] == 't') {
      value += '\t';
    } else if (text[i] == 'x') {
      unsigned octet = 0;
      const auto hex = text.substr(i + 1, 2);
      const auto end = std::from_chars(hex.data(), hex.data() + hex.size(), octet, 16).ptr;
      if (hex.size() != 2 || end != hex.data() + 2) return std::nullopt;
      value += static_cast<char>(octet);
      i += 2;
    } else {
      value += text[i];
    }
  }
  if (i >= text.size()) return std::nullopt;
  text.remove_prefix(i + 1);
  return value;
}

std::optional<Token> take_token(std::string_view& text) {
  const auto end = text.find_first_of("= \t\r\n");
  Token token{std::string{text.substr(0, end)}, std::nullopt};
  text.remove_prefix(token.name.size());
  if (text.empty() || text.front() != '=') return token;
  text.remove_prefix(1);
  if (!text.empty() && text.front() == '"') {
    token.value = take_quoted(text);
    if (!token.value) return std::nullopt;
    return token;
  }
  const auto value_end = text.find_first_of(" \t\r\n");
  token.value = std::string{text.substr(0, value_end)};
  text.remove_prefix(token.value->size());
  return token;
}

template <class T>
bool assign(T& member, const Token& token) {
  if constexpr (std::is_same_v<T, bool>) {
    if (token.value && *token.value != "no") return false;
    member = !token.value;
    return true;
  } else if constexpr (is_optional<T>) {
    if (!token.value) return false;
    member = decode<typename T::value_type>(*token.value);
    return member.has_value();
  } else if constexpr (is_list<T>) {
    if (!token.value) return false;
    auto element = decode<typename T::value_type>(*token.value);
    if (element) member.push_back(std::move(*element));
    return element.has_value();
  } else {
    if (!token.value) return false;
    auto value = decode<T>(*token.value);
    if (value) member = std::move(*value);
    return value.has_value();
  }
}

template <class Facts>
Result<Facts, FactsFault> read(std::string_view text) {
  Facts facts;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    const auto token = take_token(text);
    if (!token) return Unexpected{FactsFault{"a quoted value does not end"}};
    bool known = false;
    bool good = false;
    const auto try_field = [&](const auto& field) {
      if (known || field.name != token->name) return;
      known = true;
      good = assign(facts.*field.member, *token);
    };
    std::apply([&](const auto&... field) { (try_field(field), ...); }, Facts::fields());
    if (!known) return Unexpected{FactsFault{"no such fact: " + token->name}};
    if (!good)
      return Unexpected{FactsFault{fmt::format("{}: not a value for it: {}", token->name,
                                               token->value.value_or(""))}};
  }
  return facts;
}

}  // namespace

std::string to_text(const SenderFacts& facts) { return write(facts); }
std::string to_text(const RecipientFacts& facts) { return write(facts); }
std::string to_text(const MessageFacts& facts) { return write(facts); }

Result<SenderFacts, FactsFault> parse_sender_facts(std::string_view text) {
  return read<SenderFacts>(text);
}

Result<RecipientFacts, FactsFault> parse_recipient_facts(std::string_view text) {
  return read<RecipientFacts>(text);
}

Result<MessageFacts, FactsFault> parse_message_facts(std::string_view text) {
  return read<MessageFacts>(text);
}

std::string_view to_text(NextHop hop) noexcept {
  switch (hop) {
    case NextHop::unknown:
      return "unknown";
    case NextHop::here:
      return "here";
    case NextHop::elsewhere:
      return "elsewhere";
    case NextHop::refused:
      return "refused";
  }
  unreachable();
}

std::string_view to_text(FromState state) noexcept {
  switch (state) {
    case FromState::one_domain:
      return "one_domain";
    case FromState::several_domains:
      return "several_domains";
    case FromState::too_many_domains:
      return "too_many_domains";
    case FromState::no_from:
      return "no_from";
    case FromState::several_from:
      return "several_from";
    case FromState::malformed:
      return "malformed";
    case FromState::no_author:
      return "no_author";
  }
  unreachable();
}

std::string_view to_text(Claim claim) noexcept {
  switch (claim) {
    case Claim::unbound:
      return "unbound";
    case Claim::owned:
      return "owned";
    case Claim::foreign:
      return "foreign";
    case Claim::unreadable:
      return "unreadable";
    case Claim::unknown:
      return "unknown";
  }
  unreachable();
}

std::string_view to_text(Returned returned) noexcept {
  switch (returned) {
    case Returned::no:
      return "no";
    case Returned::entered_inbound:
      return "entered_inbound";
    case Returned::entered_as_ours:
      return "entered_as_ours";
    case Returned::entered_as_stranger:
      return "entered_as_stranger";
  }
  unreachable();
}

std::string_view to_text(SigningState state) noexcept {
  switch (state) {
    case SigningState::not_asked:
      return "not_asked";
    case SigningState::ready:
      return "ready";
    case SigningState::no_key:
      return "no_key";
    case SigningState::key_unusable:
      return "key_unusable";
    case SigningState::not_entitled:
      return "not_entitled";
    case SigningState::keys_not_known:
      return "keys_not_known";
    case SigningState::not_known:
      return "not_known";
    case SigningState::no_author:
      return "no_author";
  }
  unreachable();
}

}  // namespace milterward::rules
