// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/spf/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <iterator>

#include "policy/auth/spf/limits.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

using ports::DnsAnswer;
using ports::DnsFault;
using ports::DnsOutcome;
using ports::DnsType;
using ports::SpfResult;

constexpr std::size_t usual_steps = 7;
/// Of one name that has too many: as many as its owner needs to see what is wrong.
constexpr std::size_t spf_records_kept = 4;

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; });
}

bool is_multi_label(std::string_view name) noexcept {
  return name.find('.') != std::string_view::npos;
}

std::string shown(std::string_view text) { return printable(text, spf_reason_limit); }

SpfStop permerror(std::string reason) { return {SpfResult::permerror, std::move(reason)}; }

bool is_within(std::string_view name, std::string_view domain) noexcept {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                            name[name.size() - domain.size() - 1] == '.');
}

/// The dotted quad, or the nibbles with dots between: %{i}, section 7.3. Hexadecimal
/// digits are capitals, as the public test suite spells them.
std::string dotted(const IpAddress& client) {
  if (!client.is_v6()) return client.text();
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const auto octet : client.octets()) {
    if (!out.empty()) out += '.';
    out += {hex[octet >> 4], '.', hex[octet & 0xf]};
  }
  return out;
}

/// What look_up() keeps of an answer.
std::vector<std::string> spf_records_in(const DnsAnswer& answer) {
  std::vector<std::string> found;
  std::ranges::copy_if(answer.texts, std::back_inserter(found), is_spf_record);
  if (found.size() > spf_records_kept) found.resize(spf_records_kept);
  return found;
}

}  // namespace

SpfEvaluation::SpfEvaluation(const ports::SpfQuery& query, const SpfHost& host,
                             ports::Resolver& dns, Deadline deadline)
    : query_(query),
      host_(host),
      sender_local_(query.sender_local.empty() ? "postmaster" : query.sender_local),
      helo_(query.helo),
      local_part_is_ascii_(is_ascii(sender_local_)),
      questions_(dns, deadline) {
  if (const auto domain = Domain::parse(query.sender_domain))
    sender_domain_ = domain->name();
  if (!is_ascii(helo_))
    if (const auto domain = Domain::parse(helo_)) helo_ = domain->name();
}

Result<SpfScope, SpfStop> SpfEvaluation::begin() const {
  if (sender_domain_.empty())
    return Unexpected{SpfStop{SpfResult::none, "domain is malformed"}};
  if (!is_multi_label(sender_domain_))
    return Unexpected{SpfStop{SpfResult::none, "not a multi-label domain name"}};
  if (!query_.client.known())
    return Unexpected{SpfStop{SpfResult::none, "client has no IP address"}};
  return SpfScope{sender_domain_, 0, ""};
}

Result<SpfRecordPtr, SpfStop> SpfEvaluation::fetch_record(const SpfScope& scope) {
  const auto none = [](std::string reason) {
    return Unexpected{SpfStop{SpfResult::none, std::move(reason)}};
  };
  if (!is_dns_name(scope.domain)) return none("domain is malformed");
  if (!is_multi_label(scope.domain)) return none("not a multi-label domain name");
  const auto answer =
      look_up(scope, scope.term, scope.domain, DnsType::txt, Voids::ignored);
  if (!answer) return Unexpected{answer.fault()};

  const std::string* text = nullptr;
  for (const auto& candidate : (*answer)->texts) {
    if (!is_spf_record(candidate)) continue;
    if (text)
      return Unexpected{
          permerror(fmt::format("more than one SPF record at {}", shown(scope.domain)))};
    text = &candidate;
  }
  if (!text)
    return none(fmt::format("{} {}", shown(scope.domain),
                            (*answer)->outcome == DnsOutcome::no_domain
                                ? "does not exist"
                                : "has no SPF record"));
  auto record = parse_spf_record(*text);
  if (!record)
    return Unexpected{permerror(fmt::format("syntax error in the record of {}: {}: {}",
                                            shown(scope.domain), record.fault().term,
                                            record.fault().reason))};
  if (host_.prefetch == SpfPrefetch::on) prefetch(*record, scope);
  return std::make_shared<const SpfRecord>(std::move(*record));
}

bool SpfEvaluation::can_prefetch(const std::optional<MacroString>& target) const {
  // %{p} costs questions of its own. The local part is chosen by the sender, who may not
  // steer what we ask before it is known to be needed.
  return !target || (!target->uses('p') && !target->uses_local_part());
}

void SpfEvaluation::prefetch(const SpfRecord& record, const SpfScope& scope) {
  unsigned lookups = lookups_;
  for (const auto& directive : record.directives) {
    if (asks_dns(directive.mechanism) && ++lookups > spf_lookup_limit) return;
    switch (directive.mechanism) {
      case SpfMechanism::all:
        return;
      case SpfMechanism::ip4:
      case SpfMechanism::ip6:
        if (directive.network.contains(query_.client)) return;
        break;
      case SpfMechanism::include:
      case SpfMechanism::a:
      case SpfMechanism::mx: {
        if (!can_prefetch(directive.target)) break;
        const auto target = target_of(directive.target, scope, directive.text);
        if (!target.can_be_asked) break;
        const auto type = directive.mechanism == SpfMechanism::include ? DnsType::txt
                          : directive.mechanism == SpfMechanism::mx    ? DnsType::mx
                                                                       : address_type();
        questions_.ask_early(target.name, type);
        break;
      }
      case SpfMechanism::ptr:
      case SpfMechanism::exists:
        break;
    }
  }
}

std::string SpfEvaluation::macro_value(char letter, const SpfScope& scope,
                                       std::string_view term) {
  switch (letter) {
    case 's':
      return sender_local_ + "@" + sender_domain_;
    case 'l':
      return sender_local_;
    case 'o':
      return sender_domain_;
    case 'd':
      return scope.domain;
    case 'i':
      return dotted(query_.client);
    case 'p':
      return validated_name(scope, term);
    case 'v':
      return query_.client.is_v6() ? "ip6" : "in-addr";
    case 'h':
      return helo_;
    case 'c':
      return query_.client.text();
    case 'r':
      return host_.receiver;
    case 't': {
      const auto now = host_.clock ? host_.clock->today() : SystemClock{}.today();
      return std::to_string(
          std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    }
    default:  // not an enum: the parser lets no other letter through
      unreachable();
  }
}

SpfEvaluation::Target SpfEvaluation::target_of(const std::optional<MacroString>& target,
                                               const SpfScope& scope,
                                               std::string_view term) {
  if (!target) return {scope.domain, true};
  if (target->uses_local_part() && !local_part_is_ascii_) return {};
  Target result;
  const auto value = [&](char letter) { return macro_value(letter, scope, term); };
  result.name = expand_domain(*target, std::cref(value));  // by reference: no allocation
  // A name DNS cannot be asked for exists nowhere; RFC 7208 section 4.8 leaves this open,
  // and a macro's value must not be able to turn a sender's fail into permerror.
  result.can_be_asked = is_dns_name(result.name);
  return result;
}

std::optional<SpfStop> SpfEvaluation::count_lookup(const MacroString* target) {
  // The PTR question of %{p} counts like a term: section 4.6.4.
  lookups_ += target && target->uses('p') ? 2 : 1;
  if (lookups_ <= spf_lookup_limit) return std::nullopt;
  return permerror(fmt::format("DNS lookup limit of {} exceeded", spf_lookup_limit));
}

Result<std::shared_ptr<const DnsAnswer>, SpfStop> SpfEvaluation::look_up(
    const SpfScope& scope, std::string_view term, std::string_view name, DnsType type,
    Voids voids) {
  auto result = questions_.wait_for(name, type);
  bool is_void = false;
  std::string_view answered;
  if (result) {
    const auto outcome = (*result)->outcome;
    answered = ports::to_text(outcome);
    is_void = (voids == Voids::counted && outcome != DnsOutcome::found) ||
              (voids == Voids::if_no_domain && outcome == DnsOutcome::no_domain);
    if (is_void) ++voids_;
  } else {
    answered = ports::to_text(result.fault());
  }
  if (steps_.empty()) steps_.reserve(usual_steps);
  steps_.push_back({scope.depth, std::string{term}, std::string{name}, type,
                    std::string{answered}, lookups_, voids_,
                    result ? spf_records_in(**result) : std::vector<std::string>{}});
  if (!result)
    return Unexpected{SpfStop{
        ports::is_permanent(result.fault()) ? SpfResult::permerror : SpfResult::temperror,
        fmt::format("DNS {} for {} {}", answered, ports::to_text(type), shown(name))}};
  if (is_void && voids_ > spf_void_limit)
    return Unexpected{
        permerror(fmt::format("void lookup limit of {} exceeded", spf_void_limit))};
  return std::move(*result);
}

DnsType SpfEvaluation::address_type() const noexcept {
  return query_.client.is_v6() ? DnsType::aaaa : DnsType::a;
}

Result<bool, SpfStop> SpfEvaluation::matches(const SpfDirective& directive,
                                             const SpfScope& scope) {
  if (asks_dns(directive.mechanism))
    if (auto stop = count_lookup(directive.target ? &*directive.target : nullptr))
      return Unexpected{std::move(*stop)};
  switch (directive.mechanism) {
    case SpfMechanism::all:
      return true;
    case SpfMechanism::ip4:
    case SpfMechanism::ip6:
      return directive.network.contains(query_.client);
    case SpfMechanism::a:
      return matches_a(directive, scope);
    case SpfMechanism::mx:
      return matches_mx(directive, scope);
    case SpfMechanism::ptr:
      return matches_ptr(directive, scope);
    case SpfMechanism::exists:
      return matches_exists(directive, scope);
    case SpfMechanism::include:
      break;
  }
  unreachable();
}

bool SpfEvaluation::in_network(const std::vector<IpAddress>& addresses,
                               const SpfDirective& directive) const noexcept {
  const unsigned prefix = query_.client.is_v6() ? directive.prefix6 : directive.prefix4;
  return std::ranges::any_of(addresses, [&](const IpAddress& address) {
    return address.family() == query_.client.family() &&
           Network{address, prefix}.contains(query_.client);
  });
}

Result<bool, SpfStop> SpfEvaluation::matches_a(const SpfDirective& a,
                                               const SpfScope& scope) {
  const auto target = target_of(a.target, scope, a.text);
  if (!target.can_be_asked) return false;
  const auto answer = look_up(scope, a.text, target.name, address_type(), Voids::counted);
  if (!answer) return Unexpected{answer.fault()};
  return in_network((*answer)->addresses, a);
}

Result<bool, SpfStop> SpfEvaluation::matches_mx(const SpfDirective& mx,
                                                const SpfScope& scope) {
  const auto target = target_of(mx.target, scope, mx.text);
  if (!target.can_be_asked) return false;
  const auto answer = look_up(scope, mx.text, target.name, DnsType::mx, Voids::counted);
  if (!answer) return Unexpected{answer.fault()};
  const auto& exchanges = (*answer)->exchanges;
  if (exchanges.size() > spf_mx_limit)
    return Unexpected{permerror(fmt::format("more than {} MX names", spf_mx_limit))};
  // A null MX (RFC 7505) is no name DNS can be asked for.
  const auto can_be_asked = [](const ports::MailExchange& exchange) {
    return is_dns_name(exchange.host);
  };
  if (host_.prefetch == SpfPrefetch::on)
    for (const auto& exchange : exchanges)
      if (can_be_asked(exchange)) questions_.ask_early(exchange.host, address_type());
  // A host without AAAA is an ordinary host: only one that does not exist is void then.
  const auto voids = query_.client.is_v6() ? Voids::if_no_domain : Voids::counted;
  for (const auto& exchange : exchanges) {
    if (!can_be_asked(exchange)) continue;
    const auto host = look_up(scope, mx.text, exchange.host, address_type(), voids);
    if (!host) return Unexpected{host.fault()};
    if (in_network((*host)->addresses, mx)) return true;
  }
  return false;
}

Result<bool, SpfStop> SpfEvaluation::matches_exists(const SpfDirective& exists,
                                                    const SpfScope& scope) {
  const auto target = target_of(exists.target, scope, exists.text);
  if (!target.can_be_asked) return false;
  const auto answer = look_up(scope, exists.text, target.name, DnsType::a, Voids::counted);
  if (!answer) return Unexpected{answer.fault()};
  return !(*answer)->addresses.empty();
}

Result<bool, SpfStop> SpfEvaluation::matches_ptr(const SpfDirective& ptr,
                                                 const SpfScope& scope) {
  const auto target = target_of(ptr.target, scope, ptr.text);
  if (!target.can_be_asked) return false;
  const auto names = client_names(scope, ptr.text, Voids::counted);
  if (!names) return Unexpected{names.fault()};
  // Names elsewhere cannot match, so that they need no validation.
  return std::ranges::any_of(*names, [&](const std::string& name) {
    return is_within(name, target.name) && is_name_of_client(name, scope, ptr.text);
  });
}

Result<std::vector<std::string>, SpfStop> SpfEvaluation::client_names(const SpfScope& scope,
                                                                      std::string_view term,
                                                                      Voids voids) {
  const auto answer =
      look_up(scope, term, query_.client.reverse_name(), DnsType::ptr, voids);
  if (!answer) {
    if (answer.fault().result == SpfResult::permerror) return Unexpected{answer.fault()};
    return std::vector<std::string>{};  // section 5.5: a DNS error is no match
  }
  auto names = (*answer)->names;
  if (names.size() > spf_ptr_limit) names.resize(spf_ptr_limit);
  return names;
}

bool SpfEvaluation::is_name_of_client(const std::string& name, const SpfScope& scope,
                                      std::string_view term) {
  if (!is_dns_name(name)) return false;
  // The client's owner wrote these names: no void lookup of theirs spoils the sender's
  // record, and one that DNS cannot answer is skipped (section 5.5).
  const auto answer = look_up(scope, term, name, address_type(), Voids::ignored);
  if (!answer) return false;
  const auto& addresses = (*answer)->addresses;
  return std::ranges::find(addresses, query_.client) != addresses.end();
}

std::string SpfEvaluation::find_validated_name(const SpfScope& scope,
                                               std::string_view term) {
  const auto names = client_names(scope, term, Voids::ignored);
  if (!names) return "unknown";
  // Section 7.3: the domain itself, else a name below it, else any.
  using Test = bool (*)(std::string_view name, std::string_view domain);
  constexpr std::array<Test, 3> preferences{
      [](std::string_view name, std::string_view domain) { return name == domain; },
      [](std::string_view name, std::string_view domain) {
        return name != domain && is_within(name, domain);
      },
      [](std::string_view name, std::string_view domain) {
        return !is_within(name, domain);
      }};
  for (const auto preferred : preferences)
    for (const auto& name : *names)
      if (preferred(name, scope.domain) && is_name_of_client(name, scope, term))
        return name;
  return "unknown";
}

const std::string& SpfEvaluation::validated_name(const SpfScope& scope,
                                                 std::string_view term) {
  // A term may want it thousands of times.
  if (!validated_ || validated_->domain != scope.domain)
    validated_ = {scope.domain, find_validated_name(scope, term)};
  return validated_->name;
}

Result<std::optional<SpfScope>, SpfStop> SpfEvaluation::enter(const SpfDirective& include,
                                                              const SpfScope& scope) {
  if (auto stop = count_lookup(&*include.target)) return Unexpected{std::move(*stop)};
  if (include.target->uses_local_part() && !local_part_is_ascii_)
    return std::optional<SpfScope>{};
  auto target = target_of(include.target, scope, include.text);
  return std::optional{SpfScope{std::move(target.name), scope.depth + 1, include.text}};
}

Result<SpfScope, SpfStop> SpfEvaluation::follow(const SpfRedirect& redirect,
                                                const SpfScope& scope) {
  if (auto stop = count_lookup(&redirect.target)) return Unexpected{std::move(*stop)};
  auto target = target_of(redirect.target, scope, redirect.text);
  return SpfScope{std::move(target.name), scope.depth, redirect.text};
}

std::string SpfEvaluation::fetch_explanation(const SpfRecord& record,
                                             const SpfScope& scope) {
  if (!record.explanation) return {};
  constexpr std::string_view term = "exp";
  const auto target = target_of(record.explanation, scope, term);
  if (!target.can_be_asked) return {};
  const auto answer = look_up(scope, term, target.name, DnsType::txt, Voids::ignored);
  if (!answer || (*answer)->texts.size() != 1) return {};
  const auto text = parse_explain_string((*answer)->texts.front());
  if (!text) return {};
  return printable(expand_text(
                       *text, [&](char letter) { return macro_value(letter, scope, term); },
                       spf_explanation_limit),
                   spf_explanation_limit);
}

}  // namespace milterward::auth
