// SPDX-License-Identifier: Apache-2.0
// Rules over several keys, or over what a value means rather than how it is written.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"

namespace milterward::conf {

enum class Severity {
  error,    // the daemon does not start with it
  warning,  // it starts and logs config.warning
};

struct Finding {
  Severity severity;
  std::string place;  // "relay.trusted_networks[1]", "sign.key[0].selector"; rows from 0
  std::string wrong;
  std::string way_out;
  bool operator==(const Finding&) const = default;
};

/// Everything that is wrong or doubtful; empty when all is well.
std::vector<Finding> check(const Config& config);
/// Of that, what concerns [[sign.key]].
std::vector<Finding> check_signing_keys(const std::vector<SigningKey>& keys);

}  // namespace milterward::conf
