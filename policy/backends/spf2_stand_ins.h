// SPDX-License-Identifier: Apache-2.0
// What libspf2 sees instead of SPF records: records of stand-ins, one name of ours for
// every term that can matter, and what each of them stands for. Nothing here is of libspf2.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/spf/evaluation.h"
#include "policy/mail/network.h"

namespace milterward::backends {

class Spf2StandIns {
 public:
  /// `evaluation` outlives this; `first` is the checked domain.
  Spf2StandIns(auth::SpfEvaluation& evaluation, IpAddress client, auth::SpfScope first);

  /// The domain libspf2 is told to check.
  static std::string first_name();

  /// Is this a stand-in that was given out?
  bool knows(std::string_view name) const;

  /// The stand-in record of the domain behind `name`: an include's, a redirect's or the
  /// checked one. Nothing when the check ends here: see `stop`. Blocks for DNS.
  std::optional<std::string> record_behind(std::string_view name);

  /// Does the client match the term behind `name`? Nothing when the check ends here.
  std::optional<bool> term_matches(std::string_view name);

  /// Why the check ends, whatever libspf2 makes of it.
  const std::optional<auth::SpfStop>& stop() const noexcept { return stop_; }
  /// Ends the check for a fault that is not of SPF.
  void fail() noexcept;

  /// The directive of the checked domain (or of a domain it redirects to) that led to the
  /// last match, and the record it stands in.
  struct Match {
    std::string mechanism;
    auth::SpfRecordPtr record;
    auth::SpfScope scope;
  };
  std::optional<Match> match() const;

 private:
  struct Token {
    std::size_t place = 0;  // of the record that has the term
    const auth::SpfDirective* directive = nullptr;
    const auth::SpfRedirect* redirect = nullptr;  // neither: the checked domain
  };
  /// A record libspf2 was given.
  struct Place {
    auth::SpfScope scope;
    auth::SpfRecordPtr record;
    std::optional<std::size_t> included_by;  // token
  };

  std::optional<std::size_t> token_of(std::string_view name) const;
  Result<std::optional<auth::SpfScope>, auth::SpfStop> scope_behind(const Token& token);
  std::string record_at(std::size_t place);
  std::string add(Token token);

  auth::SpfEvaluation& evaluation_;
  IpAddress client_;
  auth::SpfScope first_;
  std::vector<Token> tokens_;
  std::vector<Place> places_;
  std::optional<std::size_t> matched_;  // the token of the last match
  std::optional<auth::SpfStop> stop_;
};

}  // namespace milterward::backends
