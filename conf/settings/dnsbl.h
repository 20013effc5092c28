// SPDX-License-Identifier: Apache-2.0
// Lists in DNS that say something of a client's address, and what that leads to. [dnsbl],
// [[dnsbl.list]]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "policy/base/reply.h"
#include "policy/mail/domain.h"
#include "policy/mail/return_codes.h"

namespace milterward::conf {

enum class ListKind {
  block,  // speaks against a client
  allow,  // speaks for it
};

/// Answers of one list, and what they weigh. Several rows may be about one zone.
struct DnsList {
  Domain zone;
  std::string name;  // for everybody to see; "" stands for the zone
  ListKind kind;
  std::vector<ReturnCodes> codes;
  std::size_t weight;

  const std::string& shown() const noexcept { return name.empty() ? zone.name() : name; }
};

struct DnsblSettings {
  std::vector<DnsList> lists;
  std::chrono::milliseconds timeout;
  std::size_t listed_score, badly_listed_score;
  Action listed, badly_listed;
};

}  // namespace milterward::conf
