// SPDX-License-Identifier: Apache-2.0
// Which private keys are there, and how far is each in its life? Those that the
// configuration names, and of those below sign.directory the ones whose life is written
// down (milterward-keys(1)). Directories are read now and then only, and not beyond their
// first ten thousand domains.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "milter/commands/keys.h"
#include "policy/base/clock.h"
#include "policy/base/guarded.h"
#include "policy/services.h"

namespace milterward {

struct CountedKey {
  std::string domain;
  std::string selector;
  std::string state;  // "active", "retiring" ..., "unusable"
  WallTime since{};   // in that state, or when its file was written; 1970: nobody knows
};

class KeyCensus {
 public:
  explicit KeyCensus(commands::MakeKeyCabinet make_cabinet)
      : make_cabinet_(std::move(make_cabinet)) {}

  /// In the order of domains; those that cannot be used first. Reads the disk.
  std::vector<CountedKey> keys(const Services& services) const;
  /// How many of each state there are; 0 for states without any.
  std::map<std::string, std::size_t> counts(const Services& services) const;

 private:
  struct Shelf {
    std::string directory;
    SteadyTime read_at{};
    std::vector<CountedKey> keys;
  };
  std::vector<CountedKey> of_directory(const Services& services) const;

  const commands::MakeKeyCabinet make_cabinet_;
  mutable Guarded<Shelf> shelf_;
};

}  // namespace milterward
