// SPDX-License-Identifier: Apache-2.0
#include "conf/token_checks.h"

#include <fmt/format.h>

#include "conf/pkcs11_uri.h"

namespace milterward::conf {

std::vector<Finding> check_tokens(const Config& config) {
  std::vector<Finding> found;
  bool is_used = false;
  const auto look = [&](std::string_view table, const std::vector<SigningKey>& keys) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!is_pkcs11_uri(keys[i].file)) continue;
      is_used = true;
      if (config.pkcs11.module.empty())
        found.push_back({Severity::error, fmt::format("{}[{}].file", table, i),
                         "lies in a token, and nothing reaches one",
                         "name the library of the token in pkcs11.module"});
    }
  };
  look("sign.key", config.sign.keys);
  look("arc.key", config.arc.keys);
  if (!config.pkcs11.module.empty() && !is_used)
    found.push_back({Severity::warning, "pkcs11.module", "no key lies in a token",
                     "name one in sign.key.file by \"pkcs11:...\""});
  if (!config.pkcs11.pin_file.empty() && config.pkcs11.module.empty())
    found.push_back({Severity::warning, "pkcs11.pin_file", "there is no token to log into",
                     "name its library in pkcs11.module"});
  return found;
}

}  // namespace milterward::conf
