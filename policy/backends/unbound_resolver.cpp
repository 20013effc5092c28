// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/unbound_resolver.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "policy/backends/dns_name.h"
#include "policy/base/c_boundary.h"

namespace milterward::backends {
namespace {

using ports::DnsAsked;
using ports::DnsFault;
using ports::DnsResult;
using ports::Pending;

// libunbound has 1024 outgoing ports; what does not fit would wait inside it, unseen.
constexpr std::size_t flight_limit = 1000;

std::string text_of_file(const char* path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

ForwardAddresses servers_now(const std::vector<conf::DnsServer>& configured) {
  return forward_addresses(configured, text_of_file("/etc/resolv.conf"));
}

/// The name of a file that can be read and written into libunbound's settings; libunbound
/// itself would only say "initialization failure".
std::string usable_trust_anchor_file(const std::string& path) {
  if (path.empty()) return path;
  if (path.find_first_of("\"\r\n") != std::string::npos)
    throw std::runtime_error{"quotes in the name of the file"};
  if (!std::ifstream{path})
    throw std::runtime_error{fmt::format("{} cannot be read", path)};
  return path;
}

class Answered final : public Pending::State {
 public:
  explicit Answered(DnsResult result) : result_(std::move(result)) {}
  DnsResult wait(Deadline) override { return result_; }

 private:
  const DnsResult result_;
};

Pending answered(DnsResult result) {
  return Pending{std::make_shared<Answered>(std::move(result))};
}

}  // namespace

UnboundResolver::UnboundResolver(const conf::DnsSettings& settings, const Clock& clock,
                                 std::shared_ptr<ports::Metrics> metrics)
    : clock_(clock),
      metrics_(std::move(metrics)),
      timeout_(settings.timeout),
      cache_(settings.cache_entries),
      loop_([servers = settings.servers] { return servers_now(servers); },
            usable_trust_anchor_file(settings.trust_anchor_file), clock,
            [this](const DnsKey& key, const DnsResult& result) { conclude(key, result); }) {
}

Pending UnboundResolver::ask(const ports::DnsQuestion& question) {
  // The root is asked for its servers only; in mail it is no name.
  auto name = question.name == root_dns_name && question.type == ports::DnsType::ns
                  ? Result<std::string, DnsNameFault>{std::string{root_dns_name}}
                  : canonical_dns_name(question.name);
  if (!name) return answered(Unexpected{DnsFault::bad_name});
  const DnsKey key{*std::move(name), question.type};
  const auto now = clock_.now();
  const auto known_already = [&]() -> std::optional<Pending> {
    const auto known = cache_.find(key, now);
    if (!known) return std::nullopt;
    count(DnsAsked::cached);
    return answered(*known);
  };
  if (auto known = known_already()) return *std::move(known);
  return flights_.with([&](Flights& flights) {
    if (const auto joined = flights.find(key); joined != flights.end()) {
      count(DnsAsked::joined);
      return Pending{joined->second.flight};
    }
    // A flight may have landed since we looked; it fills the cache under this lock.
    if (auto known = known_already()) return *std::move(known);
    if (flights.size() >= flight_limit) return answered(Unexpected{DnsFault::over_limit});
    auto flight = std::make_shared<DnsFlight>();
    loop_.start(key, now, now + timeout_);  // it cannot land before this lock is released
    flights.emplace(key, Flight{flight, now});
    count(DnsAsked::sent);
    return Pending{std::move(flight)};
  });
}

/// In the loop's thread. A fault that nobody waits for is not kept: a better answer may
/// have come before it.
void UnboundResolver::conclude(const DnsKey& key, const DnsResult& result) noexcept {
  const auto now = clock_.now();
  const auto flight = flights_.with([&](Flights& flights) {
    const auto found = flights.find(key);
    auto landed = found == flights.end() ? Flight{} : std::move(found->second);
    if (landed.flight) flights.erase(found);
    // Who waits has the result, whether or not it can be kept and counted.
    if (landed.flight || result)
      at_c_boundary("dns cache", false, [&] {
        cache_.insert(key, result, now);
        return true;
      });
    return landed;
  });
  if (!flight.flight) return;
  if (metrics_)
    at_c_boundary("dns metrics", false, [&] {
      metrics_->dns_answered(
          result ? ports::to_text((*result)->outcome) : ports::to_text(result.fault()),
          std::chrono::duration_cast<std::chrono::microseconds>(now - flight.began));
      return true;
    });
  flight.flight->complete(result);
}

}  // namespace milterward::backends
