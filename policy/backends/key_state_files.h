// SPDX-License-Identifier: Apache-2.0
// How far keys are in their lives, in DIRECTORY/DOMAIN/.states beside them: a line for each
// key, SELECTOR STATE SECONDS, the time since 1970 at which it came into that state. What
// is backed up or moved with the keys stays with them, and who may only read keys reads
// this too. Set aside: the store of the counters, which is the daemon's alone while it
// runs, and in Redis need not even be on this host.
//
// The file is replaced as a whole, under a lock on the directory; readers need none.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/ports/key_states.h"

namespace milterward::backends {

class KeyStateFiles final : public ports::KeyStates {
 public:
  explicit KeyStateFiles(std::string path, std::optional<gid_t> readers = std::nullopt)
      : path_(std::move(path)), readers_(readers) {}

  Result<std::vector<ports::KeyStanding>, ports::KeyFault> of(
      const Domain& domain) override;
  std::optional<ports::KeyFault> set(const Domain& domain,
                                     const ports::KeyStanding& standing) override;
  Result<std::vector<Domain>, ports::KeyFault> domains() override;

 private:
  std::string file_of(const Domain& domain) const;

  const std::string path_;
  const std::optional<gid_t> readers_;
};

}  // namespace milterward::backends
