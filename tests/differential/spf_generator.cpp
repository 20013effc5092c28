// SPDX-License-Identifier: Apache-2.0
// spf_generator CASES SEED: prints generated zones and clients with the results of both SPF
// engines, one JSON object a line, for an independent implementation to judge. Exit 1 when
// the engines differ among themselves. The same seed gives the same cases everywhere.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "policy/auth/spf/native_checker.h"
#include "policy/backends/spf2_checker.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::differential {
namespace {

constexpr std::array<std::string_view, 8> names{
    "a.example", "b.example", "c.example",      "d.example",
    "e.example", "f.example", "mail.a.example", "gone.example"};
constexpr std::array<std::string_view, 4> clients{"192.0.2.1", "2001:db8::1", "192.0.2.2",
                                                  "::ffff:192.0.2.1"};
constexpr std::string_view qualifiers = "+-~?";

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string_view client() { return one_of(std::span{clients}); }
  std::string_view helo() {
    static constexpr std::array<std::string_view, 3> helos{"mail.a.example", "b.example",
                                                           "OEMCOMPUTER"};
    return one_of(std::span{helos});
  }
  std::string_view sender() {
    static constexpr std::array<std::string_view, 3> senders{
        "joe@a.example", "x-y.z@a.example", "@a.example"};
    return one_of(std::span{senders});
  }

  std::string zone() {
    std::string zone;
    for (const auto name : std::span{names}.first(7)) add_name(zone, name);
    for (const auto* reverse :
         {"1.2.0.192.in-addr.arpa", "2.2.0.192.in-addr.arpa",
          "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"})
      add_pointers(zone, reverse);
    return zone;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool happens(unsigned percent) { return below(100) < percent; }
  template <class T, std::size_t N>
  const T& one_of(std::span<const T, N> choices) {
    return choices[below(choices.size())];
  }
  std::string_view name() { return one_of(std::span{names}); }

  void add_name(std::string& zone, std::string_view owner) {
    if (happens(2)) {
      zone += fmt::format("{} {}\n", owner, happens(50) ? "TIMEOUT" : "SERVFAIL");
      return;
    }
    if (owner == names.front() || happens(75))
      zone += fmt::format("{} TXT {}\n", owner, record());
    if (happens(3)) zone += fmt::format("{} TXT {}\n", owner, record());
    if (happens(70)) zone += fmt::format("{} A 192.0.2.{}\n", owner, 1 + below(6));
    if (happens(40)) zone += fmt::format("{} AAAA 2001:db8::{}\n", owner, 1 + below(3));
    if (happens(40)) {
      const auto hosts = happens(3) ? 11 : 1 + below(3);
      for (std::uint64_t i = 0; i < hosts; ++i)
        zone += fmt::format("{} MX {} {}\n", owner, below(3), happens(3) ? "." : name());
    }
  }

  void add_pointers(std::string& zone, std::string_view reverse) {
    if (happens(3))
      zone += fmt::format("{} TIMEOUT\n", reverse);
    else if (happens(60))
      for (auto left = 1 + below(happens(3) ? 12 : 2); left > 0; --left)
        zone += fmt::format("{} PTR {}\n", reverse, name());
  }

  std::string record() {
    if (happens(2)) return "something else";
    std::string text = "v=spf1";
    for (auto left = happens(10) ? below(14) : below(6); left > 0; --left) text += term();
    if (happens(60)) text += fmt::format(" {}all", qualifiers[below(4)]);
    return text;
  }

  std::string term() {
    std::string text = happens(5) ? "  " : " ";
    if (happens(2)) {
      static constexpr std::array<std::string_view, 12> broken{
          "ip4:192.0.2", "ip4:192.0.2.1/33", "a:",    "a:192.0.2.1",
          "include",     "exists",           "all:x", "mx/33",
          "a//129",      "ptr/24",           "moo",   "a:foo..x"};
      return text + std::string{one_of(std::span{broken})};
    }
    if (happens(40)) text += qualifiers[below(4)];
    switch (below(12)) {
      case 0:
        return text + fmt::format("ip4:192.0.2.{}{}", below(6), happens(30) ? "/31" : "");
      case 1:
        return text +
               fmt::format("ip6:2001:db8::{}{}", below(6), happens(30) ? "/127" : "");
      case 2:
      case 3:
        return text + "a" + optional_target() + cidr();
      case 4:
      case 5:
        return text + "mx" + optional_target() + cidr();
      case 6:
      case 7:
      case 8:
        return text + "include:" + target();
      case 9:
        return text + "exists:" + target();
      case 10:
        return text + "ptr" + optional_target();
      default:
        return " " + modifier();
    }
  }

  std::string modifier() {
    switch (below(4)) {
      case 0:
      case 1:
        return "redirect=" + target();
      case 2:
        return "exp=" + target();
      default:
        return happens(50) ? "tag=%{d}:/x" : "tag2=1";
    }
  }

  std::string optional_target() { return happens(50) ? "" : ":" + target(); }

  std::string target() {
    static constexpr std::array<std::string_view, 10> macros{
        "%{d}",         "%{o}",          "%{h}", "%{d2}",          "mail.%{d}",
        "%{l}.example", "%{ir}.example", "%{p}", "%{lr-}.example", "%{D}."};
    return std::string{happens(12) ? one_of(std::span{macros}) : name()};
  }

  std::string cidr() {
    static constexpr std::array<std::string_view, 4> lengths{"/24", "//64", "/31//127",
                                                             "/0"};
    return happens(15) ? std::string{one_of(std::span{lengths})} : "";
  }

  std::mt19937_64 random_;
};

ports::SpfFinding check(const ports::SpfChecker& checker, std::string_view zone,
                        const ports::SpfQuery& query) {
  tests::FakeResolver dns{zone};
  return checker.check(query, dns,
                       Deadline::after(tests::FakeClock{}, std::chrono::seconds{20}));
}

int run(int cases, std::uint64_t seed) {
  const auth::NativeSpfChecker native;
  const auto spf2 = backends::Spf2Checker::load();
  if (!spf2) throw std::runtime_error(spf2.fault());
  Generator generator{seed};
  for (int i = 0; i < cases; ++i) {
    const auto zone = generator.zone();
    const std::string sender{generator.sender()};
    ports::SpfQuery query;
    query.client = IpAddress::parse(generator.client()).value();
    query.helo = generator.helo();
    query.sender_local = sender.substr(0, sender.rfind('@'));
    query.sender_domain = sender.substr(sender.rfind('@') + 1);
    const auto finding = check(native, zone, query);
    const nlohmann::json line{{"zone", zone},
                              {"client", query.client.text()},
                              {"sender", sender},
                              {"helo", query.helo},
                              {"result", ports::to_text(finding.result)},
                              {"reason", finding.reason}};
    fmt::print("{}\n", line.dump());
    if (check(**spf2, zone, query) != finding) {
      fmt::print(stderr, "the engines differ in case {}: {}\n", i, line.dump());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace milterward::differential

int main(int argc, char** argv) try {
  if (argc != 3) {
    fmt::print(stderr, "usage: spf_generator CASES SEED\n");
    return 2;
  }
  return milterward::differential::run(std::stoi(argv[1]), std::stoull(argv[2]));
} catch (const std::exception& e) {
  fmt::print(stderr, "{}\n", e.what());
  return 2;
}
