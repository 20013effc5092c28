// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/version.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "milter/commands/exit_codes.h"

namespace milterward::commands {
namespace {

constexpr auto features = std::to_array<std::string_view>({"relay",
                                                           "identity",
                                                           "quota",
                                                           "warm-up",
                                                           "spf",
                                                           "iprev",
                                                           "helo",
                                                           "dnsbl",
                                                           "dkim-verify",
                                                           "dkim-sign-rsa",
                                                           "dkim-sign-ed25519",
                                                           "arc-verify",
                                                           "arc-seal",
                                                           "dmarc-rfc9989",
                                                           "authres",
                                                           "trace",
                                                           "notify",
                                                           "directory-sql",
                                                           "store-sqlite",
                                                           "store-redis"});

}  // namespace

int version(const Versions& libraries, Output output) {
  if (output == Output::json) {
    nlohmann::ordered_json object;
    object["version"] = MILTERWARD_VERSION;
    object["features"] = features;
    for (const auto& [name, number] : libraries) object["libraries"][name] = number;
    fmt::print("{}\n", object.dump(2));
    return ok;
  }
  fmt::print("milterward {}\nfeatures: {}\n", MILTERWARD_VERSION, fmt::join(features, " "));
  for (const auto& [name, number] : libraries) fmt::print("{} {}\n", name, number);
  return ok;
}

}  // namespace milterward::commands
