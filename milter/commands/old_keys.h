// SPDX-License-Identifier: Apache-2.0
// The private keys that an imported configuration names: will the daemon read them, how are
// they made readable, and copies of them that it will.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/import/draft.h"

namespace milterward::commands {

struct OldKey {
  std::string domain;
  std::string selector;
  std::string file;     // as the configuration names it
  std::string trouble;  // why the daemon's user cannot use it, and the cure; "" for none
};

/// Looks at the key of each row of [[sign.key]] and [[arc.key]], below `root`, with the
/// eyes of `user`.
std::vector<OldKey> look_at_keys(const importing::Draft& draft, const std::string& root,
                                 const std::string& user);

/// Copies each key to DIRECTORY/DOMAIN.SELECTOR.pem, root:GROUP-OF-USER 0640 as root and
/// 0600 otherwise, and names the copies in the rows. A bare Ed25519 seed becomes PEM (RFC
/// 8410). A file of that name with other content is a fault, returned in words.
std::optional<std::string> copy_keys(importing::Draft& draft, const std::string& root,
                                     const std::string& directory, const std::string& user);

}  // namespace milterward::commands
