// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/key_publication.h"

#include <fmt/format.h>

#include "policy/base/unreachable.h"

namespace milterward::sign {
namespace {

constexpr std::size_t longest_string = 255;

std::string_view type_of(ports::SigningAlgorithm algorithm) {
  switch (algorithm) {
    case ports::SigningAlgorithm::rsa_sha256:
      return "rsa";
    case ports::SigningAlgorithm::ed25519_sha256:
      return "ed25519";
  }
  unreachable();
}

}  // namespace

std::string key_record_name(std::string_view selector, const Domain& domain) {
  return fmt::format("{}._domainkey.{}", selector, domain.name());
}

std::string key_record_text(const ports::PrivateKey& key) {
  return fmt::format("v=DKIM1; k={}; p={}", type_of(key.algorithm()), key.public_record());
}

std::string revoked_record_text(const ports::PrivateKey& key) {
  return fmt::format("v=DKIM1; k={}; p=", type_of(key.algorithm()));
}

std::vector<std::string> txt_strings(std::string_view text) {
  std::vector<std::string> strings;
  for (; text.size() > longest_string; text.remove_prefix(longest_string))
    strings.emplace_back(text.substr(0, longest_string));
  strings.emplace_back(text);
  return strings;
}

std::string zone_file_record(std::string_view name, std::string_view text) {
  const auto strings = txt_strings(text);
  if (strings.size() == 1)
    return fmt::format("{}. IN TXT ( \"{}\" )\n", name, strings.front());
  return fmt::format("{}. IN TXT ( \"{}\" )\n", name, fmt::join(strings, "\"\n\t\""));
}

}  // namespace milterward::sign
