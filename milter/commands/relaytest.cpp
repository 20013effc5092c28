// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/relaytest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "milter/commands/exit_codes.h"
#include "milter/commands/smtp_client.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/doctor/relay_test.h"
#include "policy/mail/domain.h"

namespace milterward::commands {
namespace {

using Json = nlohmann::ordered_json;
using doctor::RelayReport;

/// Of one address; a battery takes seconds where the server does not slow it down.
constexpr std::chrono::minutes longest_battery{15};

constexpr std::array outcomes{doctor::Outcome::relays, doctor::Outcome::doubtful,
                              doctor::Outcome::deferred, doctor::Outcome::unanswered,
                              doctor::Outcome::refused};

struct Place {
  std::string host;
  std::uint16_t port = smtp_port;
};

/// "mx.example.org", "mx.example.org:587", "192.0.2.1:25", "2001:db8::1", "[::1]:25".
Result<Place, std::string> place_of(std::string_view text) {
  Place place;
  const auto colon = text.rfind(':');
  const bool is_bare_v6 = std::ranges::count(text, ':') > 1 && !text.starts_with('[');
  const bool has_port =
      colon != std::string_view::npos && !is_bare_v6 && !text.ends_with(']');
  if (has_port) {
    const auto digits = text.substr(colon + 1);
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, place.port);
    if (error != std::errc{} || stop != end || place.port == 0)
      return Unexpected{fmt::format("{}: not a port", shown(digits))};
    text = text.substr(0, colon);
  }
  if (text.empty()) return Unexpected{std::string{"no host is named"}};
  place.host = text;
  return place;
}

/// What the arguments mean, once they mean something.
struct Plan {
  std::vector<IpAddress> servers;
  std::uint16_t port = smtp_port;
  IpAddress source;
  doctor::RelayTest test{{}, {}, Deadline{SteadyTime::max()}};
};

Result<IpAddress, std::string> address_of(const char* option, const std::string& text) {
  const auto address = IpAddress::parse(text);
  if (!address)
    return Unexpected{fmt::format("{} {}: not an address", option, shown(text))};
  return *address;
}

Result<std::string, std::string> domain_of(const char* option, const std::string& text) {
  const auto domain = Domain::parse(text);
  if (!domain) return Unexpected{fmt::format("{} {}: not a domain", option, shown(text))};
  return domain->name();
}

std::string joined(const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const auto& address : addresses) text += (text.empty() ? "" : ", ") + address.text();
  return text;
}

/// The addresses of the host that the postmaster named as his own.
Result<std::vector<IpAddress>, std::string> own_servers(
    const std::string& host, const std::vector<std::string>& mine) {
  std::vector<IpAddress> own;
  for (const auto& text : mine) {
    const auto address = address_of("--mine", text);
    if (!address) return Unexpected{address.fault()};
    own.push_back(*address);
  }
  auto found = addresses_of(host);
  if (!found) return Unexpected{fmt::format("{}: {}", shown(host), found.fault())};
  std::vector<IpAddress> servers;
  std::ranges::copy_if(*found, std::back_inserter(servers), [&](const IpAddress& address) {
    return std::ranges::find(own, address) != own.end();
  });
  if (servers.empty())
    return Unexpected{
        fmt::format("{} is at {}, which no --mine names: test no server but your own",
                    shown(host), joined(*found))};
  return servers;
}

std::string host_name() {
  std::array<char, 256> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return known ? name.data() : "localhost";
}

Result<Plan, std::string> plan_of(const RelayTestArguments& arguments) {
  Plan plan;
  const auto place = place_of(arguments.server);
  if (!place) return Unexpected{place.fault()};
  plan.port = place->port;
  auto servers = own_servers(place->host, arguments.mine);
  if (!servers) return Unexpected{servers.fault()};
  plan.servers = std::move(*servers);
  if (!arguments.source.empty()) {
    const auto source = address_of("--source", arguments.source);
    if (!source) return Unexpected{source.fault()};
    plan.source = *source;
  }
  const auto ours = domain_of("--domain", arguments.domain);
  if (!ours) return Unexpected{ours.fault()};
  const auto foreign = domain_of("--foreign", arguments.foreign);
  if (!foreign) return Unexpected{foreign.fault()};
  if (*ours == *foreign)
    return Unexpected{std::string{"--foreign must be a domain the server does not serve"}};
  plan.test.names.ours = *ours;
  plan.test.names.foreign = *foreign;
  plan.test.helo = arguments.helo.empty() ? host_name() : arguments.helo;
  return plan;
}

std::string literal_of(const IpAddress& address) {
  return fmt::format("[{}{}]", address.is_v4() ? "" : "IPv6:", address.text());
}

int code_of(const RelayReport& report) {
  if (report.count(doctor::Outcome::relays) > 0) return relays;
  if (!report.is_conclusive()) return failed;
  return report.count(doctor::Outcome::doubtful) > 0 ? relays_perhaps : ok;
}

std::string_view sentence_of(int code) {
  switch (code) {
    case ok:
      return "No hole was found.";
    case relays:
      return "IT RELAYS: mail of strangers was accepted for somebody else.";
    case relays_perhaps:
      return "Doubtful addresses were accepted: make sure that none is routed onwards.";
    default:
      return "Nothing is proven: the server did not answer everything for good, or refuses "
             "mail for itself.";
  }
}

Json to_json(const doctor::Attempted& attempted) {
  return {{"name", attempted.name},
          {"lines", attempted.lines},
          {"outcome", to_text(attempted.outcome)},
          {"reply", attempted.reply}};
}

Json to_json(const IpAddress& server, std::uint16_t port, const RelayReport& report) {
  Json object;
  object["server"] = server.text();
  object["port"] = port;
  object["greeting"] = report.greeting;
  object["verdict"] = sentence_of(code_of(report));
  for (const auto outcome : outcomes)
    object["counts"][std::string{to_text(outcome)}] = report.count(outcome);
  object["control"] = to_json(report.control);
  object["attempts"] = Json::array();
  for (const auto& attempted : report.attempts)
    object["attempts"].push_back(to_json(attempted));
  return object;
}

void print_attempt(std::string_view outcome, const doctor::Attempted& attempted) {
  fmt::print("{:<11}{}\n", outcome, attempted.name);
  for (const auto& line : attempted.lines) fmt::print("           > {}\n", shown(line));
  fmt::print("           < {}\n", shown(attempted.reply));
}

void print_text(const IpAddress& server, std::uint16_t port, const RelayReport& report) {
  fmt::print("{} port {}: {}\n", server.text(), port, shown(report.greeting));
  const bool takes_its_own = report.control.outcome == doctor::Outcome::relays;
  print_attempt(takes_its_own ? "taken" : to_text(report.control.outcome), report.control);
  for (const auto& attempted : report.attempts)
    print_attempt(to_text(attempted.outcome), attempted);
  fmt::print("\n{} attempts:", report.attempts.size());
  for (const auto outcome : outcomes)
    fmt::print(" {} {}", report.count(outcome), to_text(outcome));
  fmt::print("\n{}\n", sentence_of(code_of(report)));
}

/// Of two servers the one about which there is more to say.
int graver(int one, int other) {
  constexpr std::array order{ok, relays_perhaps, failed, relays};
  return std::ranges::find(order, one) > std::ranges::find(order, other) ? one : other;
}

}  // namespace

int relaytest(const RelayTestArguments& arguments) {
  auto plan = plan_of(arguments);
  if (!plan) {
    fmt::print(stderr, "milterward: {}\n", plan.fault());
    return wrong_usage;
  }
  const SystemClock clock;
  int code = ok;
  Json servers = Json::array();
  for (const auto& address : plan->servers) {
    TcpSmtpServer server{address, plan->port, plan->source,
                         std::chrono::seconds{arguments.patience_s}};
    auto test = plan->test;
    test.names.literal = literal_of(address);
    test.deadline = Deadline::after(clock, longest_battery);
    const auto report = doctor::play(doctor::relay_battery(), test, server, clock);
    code = graver(code, code_of(report));
    if (arguments.output == Output::json)
      servers.push_back(to_json(address, plan->port, report));
    else
      print_text(address, plan->port, report);
  }
  if (arguments.output == Output::json)
    fmt::print("{}\n", servers.dump(2, ' ', false, Json::error_handler_t::replace));
  return code;
}

int list_relay_battery() {
  for (const auto& attempt : doctor::relay_battery()) {
    fmt::print("{}{}\n", attempt.name,
               attempt.helo.empty() ? "" : fmt::format(" (EHLO {})", attempt.helo));
    for (const auto line : attempt.lines) fmt::print("  {}\n", line);
  }
  return ok;
}

}  // namespace milterward::commands
