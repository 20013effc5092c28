// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/dns_wire.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <stdexcept>

#include "policy/base/ascii.h"

namespace milterward::tests {
namespace {

class Assembler {
 public:
  explicit Assembler(std::string_view notation) : rest_(notation) {}

  std::vector<std::uint8_t> all() {
    auto octets = until('\0');
    if (!rest_.empty()) fail("what is too many");
    return octets;
  }

 private:
  std::vector<std::uint8_t> until(char end) {
    std::vector<std::uint8_t> octets;
    const auto add = [&](const std::vector<std::uint8_t>& more) {
      octets.insert(octets.end(), more.begin(), more.end());
    };
    for (rest_ = trim(rest_); !rest_.empty() && rest_.front() != end; rest_ = trim(rest_)) {
      switch (rest_.front()) {
        case '\'':
          add(name(quoted('\'')));
          break;
        case '"':
          add(counted(quoted('"')));
          break;
        case '!':
          add(measured());
          break;
        default:
          octets.push_back(hexadecimal());
      }
    }
    return octets;
  }

  std::string_view quoted(char quote) {
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos) fail("an open quote");
    const auto inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return inside;
  }

  static std::vector<std::uint8_t> counted(std::string_view text) {
    std::vector<std::uint8_t> octets{static_cast<std::uint8_t>(text.size())};
    octets.insert(octets.end(), text.begin(), text.end());
    return octets;
  }

  static std::vector<std::uint8_t> name(std::string_view text) {
    std::vector<std::uint8_t> octets;
    if (text != ".")
      for (const auto label : split(text, '.')) {
        const auto more = counted(label);
        octets.insert(octets.end(), more.begin(), more.end());
      }
    octets.push_back(0);
    return octets;
  }

  std::vector<std::uint8_t> measured() {
    if (rest_.size() < 3 || !is_digit(rest_[1]) || rest_[2] != '(') fail("no !N(");
    const int width = rest_[1] - '0';
    rest_.remove_prefix(3);
    const auto inside = until(')');
    if (rest_.empty()) fail("no )");
    rest_.remove_prefix(1);
    std::vector<std::uint8_t> octets;
    for (int i = width - 1; i >= 0; --i)
      octets.push_back(static_cast<std::uint8_t>(inside.size() >> (8 * i)));
    octets.insert(octets.end(), inside.begin(), inside.end());
    return octets;
  }

  std::uint8_t hexadecimal() {
    std::uint8_t octet = 0;
    if (rest_.size() < 2 ||
        std::from_chars(rest_.data(), rest_.data() + 2, octet, 16).ptr != rest_.data() + 2)
      fail("no hexadecimal digits");
    rest_.remove_prefix(2);
    return octet;
  }

  [[noreturn]] void fail(std::string_view what) const {
    throw std::runtime_error{fmt::format("{} at: {}", what, rest_)};
  }

  std::string_view rest_;
};

}  // namespace

std::vector<std::uint8_t> assemble(std::string_view notation) {
  return Assembler{notation}.all();
}

std::string describe(const ports::DnsAnswer& answer) {
  auto text = fmt::format("{} {}", to_text(answer.outcome), answer.ttl.count());
  const auto add = std::back_inserter(text);
  for (const auto& address : answer.addresses) fmt::format_to(add, " {}", address.text());
  for (const auto& exchange : answer.exchanges)
    fmt::format_to(add, " {}:{}", exchange.preference, exchange.host);
  for (const auto& value : answer.texts) fmt::format_to(add, " \"{}\"", value);
  for (const auto& name : answer.names) fmt::format_to(add, " {}", name);
  return text;
}

std::string describe(const ports::DnsResult& result) {
  return result ? describe(**result) : std::string{to_text(result.fault())};
}

}  // namespace milterward::tests
