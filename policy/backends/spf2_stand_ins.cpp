// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/spf2_stand_ins.h"

#include <fmt/format.h>

#include <charconv>

#include "policy/auth/spf/limits.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

using auth::SpfMechanism;
using auth::SpfScope;
using auth::SpfStop;
using ports::SpfResult;

constexpr std::string_view suffix = ".spf.invalid";  // RFC 6761: nobody's name

std::string name_of(std::size_t token) { return fmt::format("t{}{}", token, suffix); }

char qualifier_of(SpfResult result) {
  switch (result) {
    case SpfResult::pass:
      return '+';
    case SpfResult::fail:
      return '-';
    case SpfResult::softfail:
      return '~';
    case SpfResult::neutral:
      return '?';
    case SpfResult::none:
    case SpfResult::temperror:
    case SpfResult::permerror:
      break;
  }
  unreachable();
}

}  // namespace

Spf2StandIns::Spf2StandIns(auth::SpfEvaluation& evaluation, IpAddress client,
                           SpfScope first)
    : evaluation_(evaluation), client_(client), first_(std::move(first)), tokens_(1) {}

std::string Spf2StandIns::first_name() { return name_of(0); }

std::optional<std::size_t> Spf2StandIns::token_of(std::string_view name) const {
  if (!name.starts_with('t') || !name.ends_with(suffix)) return std::nullopt;
  name.remove_prefix(1);
  name.remove_suffix(suffix.size());
  std::size_t token = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), token);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  if (token >= tokens_.size()) return std::nullopt;
  return token;
}

bool Spf2StandIns::knows(std::string_view name) const { return token_of(name).has_value(); }

void Spf2StandIns::fail() noexcept {
  if (!stop_) stop_ = SpfStop{SpfResult::temperror, "internal fault"};
}

std::string Spf2StandIns::add(Token token) {
  tokens_.push_back(token);
  return name_of(tokens_.size() - 1);
}

Result<std::optional<SpfScope>, SpfStop> Spf2StandIns::scope_behind(const Token& token) {
  if (token.directive)
    return evaluation_.enter(*token.directive, places_[token.place].scope);
  if (!token.redirect) return std::optional{first_};
  auto scope = evaluation_.follow(*token.redirect, places_[token.place].scope);
  if (!scope) return Unexpected{scope.fault()};
  return std::optional{std::move(*scope)};
}

std::optional<std::string> Spf2StandIns::record_behind(std::string_view name) {
  const auto number = token_of(name).value();
  const auto token = tokens_[number];
  const auto scope = scope_behind(token);
  if (!scope) {
    stop_ = scope.fault();
    return std::nullopt;
  }
  if (!scope->has_value()) return "v=spf1";  // cannot match, and neutral does not
  auto record = evaluation_.fetch_record(**scope);
  if (!record) {
    stop_ = record.fault();
    const bool is_first = !token.directive && !token.redirect;
    if (!is_first && stop_->result == SpfResult::none)  // RFC 7208 sections 5.2 and 6.1
      stop_ = SpfStop{SpfResult::permerror,
                      fmt::format("{}: {}", (*scope)->term, stop_->reason)};
    return std::nullopt;
  }
  auto included_by = token.directive ? std::optional{number} : std::nullopt;
  if (token.redirect) included_by = places_[token.place].included_by;
  places_.push_back({**scope, std::move(*record), included_by});
  return record_at(places_.size() - 1);
}

/// Short enough for libspf2, which loses what is over 511 octets compiled: terms that
/// cannot match are left out, and so is what stands behind the last one that can be asked.
std::string Spf2StandIns::record_at(std::size_t place) {
  const auto& record = *places_[place].record;
  std::string text = "v=spf1";
  unsigned asking = 0;
  for (const auto& directive : record.directives) {
    const bool asks = auth::asks_dns(directive.mechanism);
    const bool matches = directive.mechanism == SpfMechanism::all ||
                         (!asks && directive.network.contains(client_));
    if (!asks && !matches) continue;
    text += fmt::format(" {}{}:{}", qualifier_of(directive.qualifier),
                        directive.mechanism == SpfMechanism::include ? "include" : "a",
                        add({place, &directive, nullptr}));
    if (matches) return text;
    if (asks && ++asking > auth::spf_lookup_limit) return text;  // ends in permerror
  }
  if (record.redirect) text += " redirect=" + add({place, nullptr, &*record.redirect});
  return text;
}

std::optional<bool> Spf2StandIns::term_matches(std::string_view name) {
  const auto number = token_of(name).value();
  const auto token = tokens_[number];
  if (!token.directive || token.directive->mechanism == SpfMechanism::include) return false;
  const auto match = evaluation_.matches(*token.directive, places_[token.place].scope);
  if (!match) {
    stop_ = match.fault();
    return std::nullopt;
  }
  if (*match) matched_ = number;
  return *match;
}

std::optional<Spf2StandIns::Match> Spf2StandIns::match() const {
  if (!matched_) return std::nullopt;
  auto token = tokens_[*matched_];
  while (const auto include = places_[token.place].included_by) token = tokens_[*include];
  const auto& place = places_[token.place];
  return Match{token.directive->text, place.record, place.scope};
}

}  // namespace milterward::backends
