// SPDX-License-Identifier: Apache-2.0
// What the SPF benchmark evaluates: harmless records of our own, a simple one and a complex
// one, each with a client it names and one it does not, and the DNS that both sides ask.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ports/resolver.h"
#include "policy/ports/spf_checker.h"

namespace milterward::bench {

/// DNS from memory. Every answer is made once, so that asking costs both sides one search.
class MemoryDns final : public ports::Resolver {
 public:
  MemoryDns();

  ports::Pending ask(const ports::DnsQuestion& question) override;
  /// The answer itself, for a side that cannot wait for a question. Never null.
  const ports::DnsAnswer* find(std::string_view name, ports::DnsType type) const;

  /// How often either function was called.
  std::size_t questions() const noexcept { return questions_; }

 private:
  struct Entry {
    std::shared_ptr<const ports::DnsAnswer> answer;
    ports::Pending pending;
  };
  static Entry entry_of(ports::DnsAnswer answer);
  void add(std::string name, ports::DnsType type, ports::DnsAnswer answer);
  void add_text(std::string name, std::string text);
  void add_address(std::string name, std::string_view address);
  const Entry& entry(std::string_view name, ports::DnsType type) const;

  std::map<ports::DnsType, std::map<std::string, Entry, std::less<>>> entries_;
  Entry absent_;
  mutable std::size_t questions_ = 0;
};

struct Situation {
  std::string name;
  ports::SpfQuery query;
  ports::SpfResult want;
};
std::vector<Situation> situations();

}  // namespace milterward::bench
