// SPDX-License-Identifier: Apache-2.0
// Keys laid out DIRECTORY/DOMAIN/SELECTOR.pem. A new one is written under a name that
// nobody looks for, with its owner and mode set before its first octet, and then linked to
// its own: readers see all of it or nothing, and a name that is taken stays as it is
// (rename would replace it).
//
// What is made belongs to whom the directory it is made in belongs to, so that root can
// make keys that a daemon of another user may replace; where that is root, the daemon's
// group may read it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "policy/ports/key_store.h"

namespace milterward::backends {

class KeyDirectory final : public ports::KeyStore {
 public:
  /// `readers` is the group of the daemon's user, for keys that root owns; none where this
  /// host does not know him, and always when we are not root.
  explicit KeyDirectory(std::string path, std::optional<gid_t> readers = std::nullopt)
      : path_(std::move(path)), readers_(readers) {}

  /// Makes the directory and that of the domain where they are missing.
  Result<std::string, ports::KeyFault> add(const Domain& domain, std::string_view selector,
                                           std::string_view pem) override;
  std::optional<ports::KeyFault> remove(const Domain& domain,
                                        std::string_view selector) override;

  std::string file_of(const Domain& domain, std::string_view selector) const;

 private:
  const std::string path_;
  const std::optional<gid_t> readers_;
};

}  // namespace milterward::backends
