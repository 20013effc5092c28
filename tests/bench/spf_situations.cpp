// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/spf_situations.h"

#include <memory>
#include <utility>

namespace milterward::bench {
namespace {

using ports::DnsAnswer;
using ports::DnsOutcome;
using ports::DnsResult;
using ports::DnsType;
using ports::SpfResult;

class Ready final : public ports::Pending::State {
 public:
  explicit Ready(DnsResult result) : result_(std::move(result)) {}
  DnsResult wait(Deadline) override { return result_; }

 private:
  DnsResult result_;
};

IpAddress address_of(std::string_view text) { return IpAddress::parse(text).value(); }

}  // namespace

MemoryDns::MemoryDns() {
  DnsAnswer nothing;
  nothing.outcome = DnsOutcome::no_domain;
  absent_ = entry_of(nothing);

  add_text("simple.example", "v=spf1 ip4:192.0.2.0/24 -all");

  add_text("complex.example",
           "v=spf1 include:mail.provider.example include:lists.provider.example "
           "include:shop.example a mx exists:%{ir}.%{v}.known.%{d} "
           "redirect=rest.complex.example");
  add_text("mail.provider.example", "v=spf1 ip4:192.0.2.0/26 ip6:2001:db8:1::/48 -all");
  add_text("lists.provider.example", "v=spf1 ip4:192.0.2.64/26 ip4:192.0.2.128/28 ~all");
  add_text("shop.example", "v=spf1 ip4:192.0.2.160/27 ?all");
  add_text("rest.complex.example", "v=spf1 ip4:198.51.100.0/24 -all");
  add_address("complex.example", "192.0.2.200");
  DnsAnswer exchanges;
  exchanges.exchanges = {{10, "mx1.complex.example"},
                         {20, "mx2.complex.example"},
                         {30, "mx3.complex.example"}};
  add("complex.example", DnsType::mx, exchanges);
  add_address("mx1.complex.example", "192.0.2.201");
  add_address("mx2.complex.example", "192.0.2.202");
  add_address("mx3.complex.example", "192.0.2.203");
}

MemoryDns::Entry MemoryDns::entry_of(DnsAnswer answer) {
  auto shared = std::make_shared<const DnsAnswer>(std::move(answer));
  return {shared, ports::Pending{std::make_shared<Ready>(shared)}};
}

void MemoryDns::add(std::string name, DnsType type, DnsAnswer answer) {
  answer.outcome = DnsOutcome::found;
  entries_[type].insert_or_assign(std::move(name), entry_of(std::move(answer)));
}

void MemoryDns::add_text(std::string name, std::string text) {
  DnsAnswer answer;
  answer.texts.push_back(std::move(text));
  add(std::move(name), DnsType::txt, std::move(answer));
}

void MemoryDns::add_address(std::string name, std::string_view address) {
  DnsAnswer answer;
  answer.addresses.push_back(address_of(address));
  add(std::move(name), DnsType::a, std::move(answer));
}

const MemoryDns::Entry& MemoryDns::entry(std::string_view name, DnsType type) const {
  ++questions_;
  const auto of_type = entries_.find(type);
  if (of_type == entries_.end()) return absent_;
  const auto found = of_type->second.find(name);
  return found == of_type->second.end() ? absent_ : found->second;
}

ports::Pending MemoryDns::ask(const ports::DnsQuestion& question) {
  return entry(question.name, question.type).pending;
}

const DnsAnswer* MemoryDns::find(std::string_view name, DnsType type) const {
  return entry(name, type).answer.get();
}

std::vector<Situation> situations() {
  const auto situation = [](std::string name, std::string domain, std::string_view client,
                            SpfResult want) {
    ports::SpfQuery query;
    query.client = address_of(client);
    query.helo = "mail.client.example";
    query.sender_local = "joe";
    query.sender_domain = std::move(domain);
    return Situation{std::move(name), std::move(query), want};
  };
  return {
      situation("simple-match", "simple.example", "192.0.2.7", SpfResult::pass),
      situation("simple-no-match", "simple.example", "203.0.113.7", SpfResult::fail),
      situation("complex-include", "complex.example", "192.0.2.70", SpfResult::pass),
      situation("complex-mx", "complex.example", "192.0.2.203", SpfResult::pass),
      situation("complex-redirect", "complex.example", "198.51.100.7", SpfResult::pass),
      situation("complex-no-match", "complex.example", "203.0.113.7", SpfResult::fail),
  };
}

}  // namespace milterward::bench
