// SPDX-License-Identifier: Apache-2.0
// The DNS of one scenario of an SPF test suite. Unlike the fake of the unit tests it takes
// any octets as text, since suites publish records with line breaks and NULs in them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/ports/resolver.h"

namespace milterward::suites {

class SpfZone final : public ports::Resolver {
 public:
  ports::Pending ask(const ports::DnsQuestion& question) override;

  /// Names are plain text with dots, as the suite writes them.
  void add_name(std::string_view name);
  void add_address(std::string_view name, std::string_view address);
  void add_exchange(std::string_view name, std::uint16_t preference, std::string_view host);
  void add_name_record(std::string_view name, ports::DnsType type, std::string_view target);
  void add_text(std::string_view name, std::string text);
  void add_alias(std::string_view name, std::string_view target);
  /// All questions for the name that no record answers.
  void fail(std::string_view name, ports::DnsFault fault);
  void fail(std::string_view name, ports::DnsType type, ports::DnsFault fault);

  bool has(std::string_view name, ports::DnsType type) const;
  std::size_t questions() const noexcept { return questions_; }
  void forget_questions() noexcept { questions_ = 0; }

 private:
  using Key = std::pair<std::string, ports::DnsType>;
  ports::DnsAnswer& answer(std::string_view name, ports::DnsType type);
  ports::DnsResult answer_to(const std::string& name, ports::DnsType type, int depth) const;

  std::map<Key, ports::DnsAnswer> answers_;
  std::map<Key, ports::DnsFault> faults_;
  std::map<std::string, ports::DnsFault> failing_names_;
  std::map<std::string, std::string> aliases_;
  std::map<std::string, bool> names_;
  std::size_t questions_ = 0;
};

}  // namespace milterward::suites
