// SPDX-License-Identifier: Apache-2.0
// Which key does the text of a key record hold? Parsed and decoded once, and kept as long
// as the DNS answer it came in may be used. Under the text itself, not under the name it
// was found at: DNS is asked for every signature (and has a cache of its own), so a record
// that was changed or withdrawn is missed from the moment DNS says so, whatever is kept
// here. Names that share a record, as customers of one provider do, share the key, too.
//
// Made once for the daemon, since a reload changes nothing of it; shared by all threads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "policy/auth/dkim/key_record.h"
#include "policy/auth/dkim/public_key.h"
#include "policy/base/clock.h"
#include "policy/base/expiring_cache.h"
#include "policy/base/result.h"

namespace milterward::auth {

struct PublishedKey {
  KeyRecord record;
  Result<PublicKey, PublicKeyFault> key;
};

/// As many as a large site's senders have: where keys are decoded for each message again,
/// it costs a third more. 4 KB each with RSA-2048, most of it OpenSSL's, once they are in
/// use.
inline constexpr std::size_t keys_kept = 16384;

class KeyCache {
 public:
  explicit KeyCache(std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>(),
                    std::size_t entries = keys_kept)
      : clock_(std::move(clock)), keys_(entries) {}

  /// The key in the text of a TXT record that may be used until `expires`. Texts that are
  /// no key record are read anew each time, which costs less than the room.
  Result<std::shared_ptr<const PublishedKey>, KeyRecordFault> read(std::string_view text,
                                                                   SteadyTime expires);

 private:
  std::shared_ptr<const Clock> clock_;
  ExpiringCache<std::string, std::shared_ptr<const PublishedKey>,
                std::hash<std::string_view>>
      keys_;
};

}  // namespace milterward::auth
