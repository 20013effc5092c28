// SPDX-License-Identifier: Apache-2.0
// Which keys sign, and in which order.
#include "policy/sign/key_choice.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <iterator>
#include <sstream>

#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"

namespace milterward::sign {
namespace {

using tests::Case;
using tests::read_cases;

/// Keys by file name: what begins with "rsa" or "ed" is one, all else cannot be loaded.
class NamedKeys final : public ports::KeySource {
 public:
  Result<std::shared_ptr<const ports::PrivateKey>, ports::KeyFault> load(
      const std::string& name) const override {
    if (name.starts_with("rsa")) return key(ports::SigningAlgorithm::rsa_sha256);
    if (name.starts_with("ed")) return key(ports::SigningAlgorithm::ed25519_sha256);
    return Unexpected{ports::KeyFault{"no such key"}};
  }

 private:
  class Key final : public ports::PrivateKey {
   public:
    explicit Key(ports::SigningAlgorithm algorithm) : algorithm_(algorithm) {}
    ports::SigningAlgorithm algorithm() const noexcept override { return algorithm_; }
    unsigned bits() const noexcept override { return 2048; }
    std::string public_record() const override { return {}; }
    Result<std::string, ports::SigningFault> sign(std::string_view) const override {
      return Unexpected{ports::SigningFault::bad_key};
    }

   private:
    ports::SigningAlgorithm algorithm_;
  };
  static std::shared_ptr<const ports::PrivateKey> key(ports::SigningAlgorithm algorithm) {
    return std::make_shared<const Key>(algorithm);
  }
};

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in{text};
  return {std::istream_iterator<std::string>{in}, {}};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// key: domain file [subdomains] [fallback] [author=PATTERN] [login=LOGIN] [sender=PATTERN]
/// [listener=PORT-OR-NAME]
KeyRing ring_of(const Case& c) {
  std::vector<conf::SigningKey> keys;
  for (const auto& line : c.all("key")) {
    const auto words = words_of(line);
    conf::SigningKey key{};
    key.domain = Domain::parse(words.at(0)).value();
    key.file = words.at(1);
    key.selector = words.at(1);
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto& word = words[i];
      const auto value = word.substr(word.find('=') + 1);
      key.subdomains = key.subdomains || word == "subdomains";
      key.fallback = key.fallback || word == "fallback";
      if (word.starts_with("author="))
        key.authors.push_back(DomainPattern::parse(value).value());
      if (word.starts_with("login=")) key.logins.push_back(value);
      if (word.starts_with("listener=")) key.listeners.push_back(value);
      if (word.starts_with("sender="))
        key.senders.push_back(AddressPattern::parse(value).value());
    }
    keys.push_back(key);
  }
  return KeyRing::load(keys, NamedKeys{});
}

/// shelf: domain file ...
class Shelved final : public ports::DomainKeys {
 public:
  explicit Shelved(const Case& c) : lines_(c.all("shelf")) {}
  Result<std::vector<ports::DomainKey>, ports::KeyFault> keys_of(
      const Domain& domain, const std::vector<ports::DomainKey>&, Deadline) override {
    if (domain.name() == "silent.test") return Unexpected{ports::KeyFault{}};
    std::vector<ports::DomainKey> keys;
    for (const auto& line : lines_) {
      const auto words = words_of(line);
      if (words.at(0) != domain.name()) continue;
      for (std::size_t i = 1; i < words.size(); ++i)
        keys.push_back({words[i], words[i], words[i], NamedKeys{}.load(words[i])});
    }
    return keys;
  }

 private:
  std::vector<std::string> lines_;
};

BOOST_AUTO_TEST_SUITE(key_choice)

BOOST_DATA_TEST_CASE(chooses_keys, read_cases("sign/keys.cases"), c) {
  const auto clock = std::make_shared<tests::FakeClock>();
  KeyShelf shelf{{std::make_shared<Shelved>(c)}, {}, {100, std::chrono::hours{1}}, clock};
  const KeysAtHand at_hand{std::make_shared<const KeyRing>(ring_of(c)),
                           &shelf,
                           c.has("shelf_subdomains"),
                           {"home.test", "+"}};
  const auto chosen = choose_keys(at_hand,
                                  {Domain::parse(c["author"]).value(),
                                   c.get("mail_from"),
                                   c.get("login"),
                                   {c.get("port"), c.get("daemon")}},
                                  Deadline::after(*clock, std::chrono::seconds{1}));
  std::vector<std::string> files;
  if (!chosen) files = {"nobody", "knows"};
  if (chosen)
    for (const auto& key : *chosen) files.push_back(key->settings.file);
  BOOST_TEST(joined(files) == c["want"]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
