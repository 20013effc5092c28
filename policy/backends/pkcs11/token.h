// SPDX-License-Identifier: Apache-2.0
// One token and our sessions with it. A session is for one thread at a time, opened when it
// is needed and kept; there are so many at most, and who finds none free waits. A token
// that was away, was reset or forgot our login is met again by a new session; while that
// fails it is asked once a second. What a login shows it shows to all sessions of the
// process (PKCS#11 v2.40 section 2.4), so one of them logs in.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/backends/pkcs11/library.h"
#include "policy/backends/pkcs11_module.h"

namespace milterward::backends::pkcs11 {

/// Why the token did not do it.
struct TokenFault {
  enum class Kind {
    away,  // it may work later
    key,   // the token is there, the key is not, or does not sign
  };
  Kind kind = Kind::away;
  std::string reason;
};

/// What a key is found by.
struct KeyName {
  std::optional<std::string> label;
  std::optional<std::string> id;
  auto operator<=>(const KeyName&) const = default;
};

struct Session {
  SessionHandle handle = 0;  // none
  unsigned generation = 0;
  std::map<KeyName, ObjectHandle> keys;  // those that were found
};

class Token {
 public:
  /// `library` lives as long as the process. `read_pin` may be empty: no login.
  Token(Library& library, TokenIdentity identity, const conf::Pkcs11Settings& settings,
        ReadPin read_pin);
  ~Token();
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  /// Those of the whole process, of whatever library. With none there is no session.
  static int count() noexcept;

  const TokenIdentity& identity() const noexcept { return identity_; }
  Library& library() const noexcept { return library_; }

  /// Does something in a session, and again in a new one when that was found dead. `work`
  /// answers what the library did. Any thread. Blocks.
  using Work = std::function<Answer(Session&)>;
  std::optional<TokenFault> with_session(const Work& work);

  /// The octets of a signature by a private key.
  Result<std::string, TokenFault> sign(const KeyName& key, Number mechanism,
                                       std::string_view text);

 private:
  using Steady = std::chrono::steady_clock;

  Result<Session, TokenFault> take();
  void give_back(Session session);
  void drop(const Session& session);
  Result<Session, std::string> open();
  std::optional<std::string> log_in(SessionHandle session);
  void note_failure(const std::string& reason);
  void note_success();

  Library& library_;
  const TokenIdentity identity_;
  const std::size_t most_;
  const std::chrono::milliseconds timeout_;
  const ReadPin read_pin_;

  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Session> idle_;  // this and all below the mutex
  std::size_t open_ = 0;       // idle, in use, and about to be opened
  unsigned generation_ = 0;    // of the sessions that are not known to be dead
  bool is_failing_ = false;
  std::string failure_;
  Steady::time_point not_before_{};

  std::mutex login_;                        // held while a session logs in
  std::optional<std::size_t> refused_pin_;  // its hash; below login_
};

}  // namespace milterward::backends::pkcs11
