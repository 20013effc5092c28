// SPDX-License-Identifier: Apache-2.0
#include "milter/status/guesses.h"

namespace milterward::status {
namespace {

constexpr std::size_t octets_of_a_host_in_ipv6 = 8;

/// Nobody's name: an address has 4 octets, or 8 of 16.
const std::string everybody_else = "*";

std::string guesser_of(const IpAddress& client) {
  auto octets = client.octets();
  if (client.is_v6()) octets = octets.first(octets_of_a_host_in_ipv6);
  return {octets.begin(), octets.end()};
}

}  // namespace

bool Guesses::are_too_many(const IpAddress& client, SteadyTime now) const {
  return tries_.with([&](const ByGuesser& tries) {
    auto found = tries.find(guesser_of(client));
    if (found == tries.end() && tries.size() >= most_guessers)
      found = tries.find(everybody_else);
    return found != tries.end() && found->second.count >= most_wrong_tokens &&
           now - found->second.since < guess_window;
  });
}

bool Guesses::note_wrong(const IpAddress& client, SteadyTime now) {
  return tries_.with([&](ByGuesser& tries) {
    std::erase_if(
        tries, [&](const auto& entry) { return now - entry.second.since >= guess_window; });
    auto guesser = guesser_of(client);
    if (tries.size() >= most_guessers && !tries.contains(guesser)) guesser = everybody_else;
    auto& of_this_one = tries[guesser];
    if (of_this_one.count == 0) of_this_one.since = now;
    if (++of_this_one.count != most_wrong_tokens) return false;
    of_this_one.since = now;
    return true;
  });
}

}  // namespace milterward::status
