// SPDX-License-Identifier: Apache-2.0
#include "conf/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "conf/nearest.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::conf {
namespace {

using std::chrono::milliseconds;

/// The network that was meant where bits below the prefix are set.
std::string without_host_bits(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  unsigned prefix = 0;
  if (!address || slash == std::string_view::npos) return {};
  const auto rest = text.substr(slash + 1);
  std::from_chars(rest.data(), rest.data() + rest.size(), prefix);
  // A mapped address has become IPv4; its prefix counts all 128 bits.
  if (address->is_v4() && prefix > 32) prefix -= 96;
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t i = 0; i < address->octets().size(); ++i) {
    const unsigned kept =
        prefix > 8 * i ? std::min<unsigned>(prefix - 8 * static_cast<unsigned>(i), 8) : 0;
    octets[i] = static_cast<std::uint8_t>(address->octets()[i] & (0xff00u >> kept));
  }
  const auto base = address->is_v4()
                        ? IpAddress::v4({octets[0], octets[1], octets[2], octets[3]})
                        : IpAddress::v6(octets);
  return fmt::format("{}/{}", base.text(), prefix);
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return fmt::format("\"{}\"", printable(text, 80));
}

Parsed<milliseconds> parse(Is<milliseconds>, std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t factor;
  };
  static constexpr auto units =
      std::to_array<Unit>({{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}});
  constexpr std::uint32_t longest = 1'000'000'000;

  const Unexpected no{Complaint{in_quotes(text) + " is not a duration",
                                "write a whole number with its unit: \"100ms\", \"5s\", "
                                "\"10m\" or \"2h\""}};
  std::uint32_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number > longest) return no;
  const std::string_view unit{stop, static_cast<std::size_t>(end - stop)};
  for (const auto& known : units)
    if (unit == known.name) return milliseconds{number * known.factor};
  return no;
}

Parsed<Domain> parse(Is<Domain>, std::string_view text) {
  auto domain = Domain::parse(text);
  if (!domain)
    return Unexpected{Complaint{
        fmt::format("{} is not a domain ({})", in_quotes(text), to_text(domain.fault())),
        "write for example \"example.org\""}};
  return std::move(domain).value();
}

Parsed<DomainPattern> parse(Is<DomainPattern>, std::string_view text) {
  auto pattern = DomainPattern::parse(text);
  if (!pattern)
    return Unexpected{Complaint{
        fmt::format("{} is not a domain ({})", in_quotes(text), to_text(pattern.fault())),
        "write \"example.org\", or \".example.org\" for all below it"}};
  return std::move(pattern).value();
}

Parsed<AddressPattern> parse(Is<AddressPattern>, std::string_view text) {
  auto pattern = AddressPattern::parse(text);
  if (!pattern)
    return Unexpected{
        Complaint{in_quotes(text) + " is neither a domain nor an address",
                  "write for example \"example.org\" or \"joe@example.org\""}};
  return std::move(pattern).value();
}

Parsed<ReturnCodes> parse(Is<ReturnCodes>, std::string_view text) {
  const auto codes = ReturnCodes::parse(text);
  if (codes && codes->are_possible()) return *codes;
  return Unexpected{Complaint{in_quotes(text) + " cannot be what a list answers",
                              "write for example \"127.0.0.2\" or \"127.0.*.2-3\""}};
}

Parsed<Network> parse(Is<Network>, std::string_view text) {
  const auto network = Network::parse(text);
  if (network) return network.value();
  switch (network.fault()) {
    case AddressFault::malformed:
      return Unexpected{Complaint{in_quotes(text) + " is not a network",
                                  "write for example \"192.0.2.0/24\", \"2001:db8::/32\" "
                                  "or a single address"}};
    case AddressFault::bad_prefix:
      return Unexpected{Complaint{in_quotes(text) + " has no valid prefix length",
                                  "0 to 32 for IPv4, 0 to 128 for IPv6"}};
    case AddressFault::host_bits_set:
      return Unexpected{Complaint{
          in_quotes(text) + " has bits set behind its prefix",
          "write " + in_quotes(without_host_bits(text)) + ", or the address alone"}};
  }
  unreachable();
}

Parsed<DnsServer> parse(Is<DnsServer>, std::string_view text) {
  const auto sign = text.find('@');
  const auto address = IpAddress::parse(text.substr(0, sign));
  std::uint16_t port = 53;
  bool good = address.has_value();
  if (good && sign != std::string_view::npos) {
    const auto digits = text.substr(sign + 1);
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, port);
    good = error == std::errc{} && stop == end && port != 0;
  }
  if (!good)
    return Unexpected{Complaint{in_quotes(text) + " is not a DNS server",
                                "write an address, with its port if it is not 53: "
                                "\"127.0.0.1\" or \"::1@5353\""}};
  return DnsServer{.address = address.value(), .port = port};
}

Parsed<Event> parse(Is<Event>, std::string_view text) {
  std::vector<std::string> names;
  for (const auto& row : event_rows()) {
    const bool is_of_notify = row.name.starts_with("notify.");
    if (row.name == text && is_of_notify)
      return Unexpected{
          Complaint{in_quotes(text) + " would tell of itself", "leave it out"}};
    if (row.name == text) return row.event;
    if (!is_of_notify) names.emplace_back(row.name);
  }
  std::string close;
  for (const auto& name : nearest(text, names))
    close += (close.empty() ? "did you mean " : " or ") + in_quotes(name);
  return Unexpected{
      Complaint{in_quotes(text) + " is not an event",
                close.empty() ? "\"milterward list-events\" names them" : close + "?"}};
}

}  // namespace milterward::conf
