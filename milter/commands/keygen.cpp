// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/keygen.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "conf/forms.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "policy/base/clock.h"
#include "policy/base/unreachable.h"
#include "policy/sign/key_publication.h"
#include "policy/sign/new_key.h"
#include "policy/sign/private_key.h"

namespace milterward::commands {
namespace {

using ports::SigningAlgorithm;
using Json = nlohmann::ordered_json;

constexpr auto usual_directory = "/etc/milterward/keys";

struct Wanted {
  SigningAlgorithm algorithm;
  std::string selector;
};

std::vector<Wanted> wanted_by(KeyTypes types, const std::string& selector) {
  const Wanted rsa{SigningAlgorithm::rsa_sha256, selector};
  switch (types) {
    case KeyTypes::both:
      return {rsa, {SigningAlgorithm::ed25519_sha256, selector + "e"}};
    case KeyTypes::rsa:
      return {rsa};
    case KeyTypes::ed25519:
      return {{SigningAlgorithm::ed25519_sha256, selector}};
  }
  unreachable();
}

struct Made {
  std::string selector;
  std::string file;
  std::shared_ptr<const ports::PrivateKey> key;
};

bool is_free(const Domain& domain, const std::string& selector, const KeyCabinet& cabinet) {
  const auto keys = cabinet.keys->keys_of(domain, {}, Deadline{SystemClock{}.now()});
  return !keys ||
         std::ranges::find(*keys, selector, &ports::DomainKey::selector) == keys->end();
}

Result<Made, std::string> make(const Domain& domain, const Wanted& wanted,
                               unsigned rsa_bits, const KeyCabinet& cabinet,
                               bool is_managed) {
  auto pem = sign::make_private_key(wanted.algorithm, rsa_bits);
  if (!pem) return Unexpected{pem.fault()};
  auto key = sign::parse_private_key(pem->view());
  // Said before it is there, and not of a key that was there before.
  if (is_managed && is_free(domain, wanted.selector, cabinet))
    if (const auto fault = cabinet.states->set(
            domain, {wanted.selector, ports::KeyState::fresh,
                     std::chrono::floor<std::chrono::seconds>(SystemClock{}.today())}))
      return Unexpected{fault->reason};
  auto file = cabinet.store->add(domain, wanted.selector, pem->view());
  if (!key) return Unexpected{std::string{to_text(key.fault())}};
  if (!file) return Unexpected{file.fault().reason};
  return Made{wanted.selector, std::move(*file), std::move(*key)};
}

Json to_json(const Domain& domain, const Made& made) {
  const auto name = sign::key_record_name(made.selector, domain);
  const auto text = sign::key_record_text(*made.key);
  return {{"domain", domain.name()},
          {"selector", made.selector},
          {"algorithm", to_text(made.key->algorithm())},
          {"bits", made.key->bits()},
          {"file", made.file},
          {"name", name},
          {"value", text},
          {"zone", sign::zone_file_record(name, text)}};
}

void print_text(const Domain& domain, const std::vector<Made>& keys, bool is_managed) {
  for (const auto& made : keys)
    fmt::print("{} ({}, {} bits)\n", made.file, to_text(made.key->algorithm()),
               made.key->bits());
  fmt::print("\nFor a zone file:\n\n");
  for (const auto& made : keys)
    fmt::print("{}", sign::zone_file_record(sign::key_record_name(made.selector, domain),
                                            sign::key_record_text(*made.key)));
  fmt::print("\nFor a web interface, records of type TXT:\n");
  for (const auto& made : keys)
    fmt::print("\n  name   {}\n  value  {}\n", sign::key_record_name(made.selector, domain),
               sign::key_record_text(*made.key));
  if (is_managed) {
    fmt::print("\nWhen these can be seen in DNS, let the keys sign:\n\n");
    for (const auto& made : keys)
      fmt::print("milterward keys activate {} {}\n", domain.name(), made.selector);
    return;
  }
  fmt::print(
      "\nWhen these can be seen in DNS, the following makes the keys sign mail from {}:\n",
      domain.name());
  for (const auto& made : keys)
    fmt::print("\n[[sign.key]]\ndomain = \"{}\"\nselector = \"{}\"\nfile = \"{}\"\n",
               domain.name(), made.selector, made.file);
}

}  // namespace

int keygen(const KeygenArguments& arguments, const ByHand& by_hand,
           const MakeKeyCabinet& make_cabinet) {
  const auto domain = Domain::parse(arguments.domain);
  if (!domain)
    return complain(
        "keygen", wrong_usage,
        fmt::format("\"{}\" is no domain: {}", arguments.domain, to_text(domain.fault())));
  const auto selector = arguments.selector.empty()
                            ? fmt::format("{:%Y%m%d}", fmt::gmtime(SystemClock{}.today()))
                            : arguments.selector;
  const auto wanted = wanted_by(arguments.types, selector);
  for (const auto& one : wanted) {
    if (auto wrong = conf::selector.check(one.selector))
      return complain("keygen", wrong_usage,
                      fmt::format("{}; {}", wrong->wrong, wrong->way_out));
    if (!Domain::parse(sign::key_record_name(one.selector, *domain)))
      return complain("keygen", wrong_usage,
                      fmt::format("{} is too long for a name in DNS",
                                  sign::key_record_name(one.selector, *domain)));
  }
  const auto config = config_of(by_hand);
  const auto& managed = config.sign.directory;
  auto directory = arguments.directory;
  if (directory.empty()) directory = managed.empty() ? usual_directory : managed;
  const bool is_managed = directory == managed;
  const auto cabinet = make_cabinet(directory, config.daemon.user);
  std::vector<Made> keys;
  for (const auto& one : wanted) {
    auto made = make(*domain, one, arguments.rsa_bits, cabinet, is_managed);
    if (!made) {
      // Half of what was asked for would be in the way of the second try.
      for (const auto& earlier : keys) cabinet.store->remove(*domain, earlier.selector);
      return complain("keygen", failed, made.fault());
    }
    keys.push_back(std::move(*made));
  }
  if (by_hand.output == Output::json) {
    Json all = Json::array();
    for (const auto& made : keys) all.push_back(to_json(*domain, made));
    fmt::print("{}\n", all.dump(2));
  } else {
    print_text(*domain, keys, is_managed);
  }
  return std::fflush(stdout) == 0 ? ok : failed;
}

}  // namespace milterward::commands
