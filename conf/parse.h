// SPDX-License-Identifier: Apache-2.0
// Texts of the configuration as values: durations, domains, networks, servers, words.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>

#include "conf/problem.h"
#include "conf/settings/dns.h"
#include "conf/settings/relay.h"
#include "conf/words.h"
#include "policy/base/result.h"
#include "policy/mail/address_pattern.h"
#include "policy/mail/return_codes.h"

namespace milterward::conf {

/// Chooses a parser by what it makes.
template <class Value>
struct Is {};

template <class Value>
using Parsed = Result<Value, Complaint>;

/// `text` in quotes as it may stand in a complaint: printable, cut when long.
std::string in_quotes(std::string_view text);

/// A whole number and ms, s, m or h.
Parsed<std::chrono::milliseconds> parse(Is<std::chrono::milliseconds>,
                                        std::string_view text);
Parsed<Domain> parse(Is<Domain>, std::string_view text);
/// A domain, or one with a dot before it for all below.
Parsed<DomainPattern> parse(Is<DomainPattern>, std::string_view text);
/// A domain, one with a dot before it for all below, an address, or "*" for all addresses.
Parsed<AddressPattern> parse(Is<AddressPattern>, std::string_view text);
Parsed<Network> parse(Is<Network>, std::string_view text);
/// "127.0.0.2", "127.0.0.4-7" or "127.0.*.3", possible as answers of a list.
Parsed<ReturnCodes> parse(Is<ReturnCodes>, std::string_view text);
/// An address, or address@port.
Parsed<DnsServer> parse(Is<DnsServer>, std::string_view text);
/// The name of one that can be told: not of those of notify itself.
Parsed<Event> parse(Is<Event>, std::string_view text);

/// All words of an enumeration: "a", "b".
template <class Enum>
std::string words_of() {
  std::string all;
  for (const auto& word : words<Enum>) {
    if (!all.empty()) all += ", ";
    all += in_quotes(word.word);
  }
  return all;
}

template <class Enum>
requires std::is_enum_v<Enum> Parsed<Enum> parse(Is<Enum>, std::string_view text) {
  for (const auto& word : words<Enum>)
    if (word.word == text) return word.value;
  return Unexpected{
      Complaint{in_quotes(text) + " is not a word it knows",
                (words<Enum>.size() > 1 ? "write one of " : "write ") + words_of<Enum>()}};
}

}  // namespace milterward::conf
