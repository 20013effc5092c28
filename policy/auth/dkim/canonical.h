// SPDX-License-Identifier: Apache-2.0
// The octets that are hashed. RFC 6376 section 3.4. Bodies come in chunks split anywhere
// and leave in spans: clean text is handed on where it lies, not copied octet by octet.
// Octets the RFC does not speak of (a bare CR or LF in a body, NUL) are hashed as they are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "policy/auth/dkim/signature.h"
#include "policy/mail/header.h"

namespace milterward::auth {

/// A header field with its final CRLF; folds may be CRLF or bare LF.
std::string canonical_header(Canonicalization form, const RawHeader& header);

/// Folds as CRLF, as they were on the wire: MTAs hand them to filters as bare LF.
std::string with_crlf_folds(std::string_view value);

class CanonicalBody {
 public:
  using Sink = std::function<void(std::string_view)>;
  CanonicalBody(Canonicalization form, Sink sink);

  void feed(std::string_view chunk);
  /// After the last chunk: completes a last line without CRLF, drops empty lines at the
  /// end.
  void finish();
  /// Octets given to the sink so far.
  std::uint64_t length() const noexcept { return length_; }

 private:
  bool ends_span(char c) const noexcept;
  void emit(std::string_view octets);
  void emit_pending();

  Canonicalization form_;
  Sink sink_;
  std::uint64_t length_ = 0;
  std::uint64_t line_ends_ = 0;  // seen, not yet given out
  bool blank_ = false;           // white space seen, not yet given out (relaxed)
  bool cr_ = false;              // a CR whose LF may come with the next octet
};

}  // namespace milterward::auth
