// SPDX-License-Identifier: Apache-2.0
// libopendkim as its authors meant it: one library for all messages, its own parser, hashes
// and keys. Keys come from here, not from DNS. Never for mail that we did not write: it has
// known faults, which is why policy/backends/opendkim/ guards it; one guard is needed here,
// too.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/header.h"
#include "policy/ports/dkim.h"
#include "tests/bench/dkim_mail.h"

struct dkim_lib;

namespace milterward::bench {

class RawOpendkim {
 public:
  /// Signs and verifies what `request` asks of this mail. `signature` is one by its key.
  RawOpendkim(const Mail& mail, const ports::SigningRequest& request, const Key& key,
              const RawHeader& signature);

  /// Did it sign?
  bool signs() const;
  /// Did the signature verify?
  bool verifies() const;

 private:
  std::unique_ptr<dkim_lib, void (*)(dkim_lib*)> library_;
  ports::SigningAlgorithm algorithm_;
  std::vector<std::string> signed_lines_;    // the fields to be signed
  std::vector<std::string> verified_lines_;  // all fields, the signature on top
  std::string body_, pem_, record_, domain_, selector_;
};

}  // namespace milterward::bench
