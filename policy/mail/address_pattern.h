// SPDX-License-Identifier: Apache-2.0
// Which addresses an account may write as. Local parts are compared without regard to ASCII
// case: RFC 5321 section 2.4 leaves their meaning to the host that owns them, and every
// host of ours delivers them so.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/mail/domain_pattern.h"

namespace milterward {

/// An address with a domain name, as an envelope or a header names it.
struct MailAddress {
  std::string local_part;  // without quotes
  Domain domain;

  std::string text() const { return local_part + "@" + domain.name(); }
  bool operator==(const MailAddress&) const = default;
};

/// Octets of a local part, RFC 5321 section 4.5.3.1.1.
inline constexpr std::size_t local_part_limit = 64;

class AddressPattern {
 public:
  enum class Fault { bad_local_part, bad_domain };

  /// Nothing.
  AddressPattern() = default;

  /// "joe@example.org"; "example.org" or "@example.org" for all of a domain; ".example.org"
  /// for all below it; "*" for every address there is.
  static Result<AddressPattern, Fault> parse(std::string_view text);

  /// `delimiters` begin an extension of a local part: with "+", joe@example.org also holds
  /// joe+lists@example.org.
  bool holds(const MailAddress& address, std::string_view delimiters) const;

  bool operator==(const AddressPattern&) const = default;

 private:
  struct Nothing {
    bool operator==(const Nothing&) const = default;
  };
  struct Everything {
    bool operator==(const Everything&) const = default;
  };
  std::variant<Nothing, Everything, DomainPattern, MailAddress> what_;
};

/// The local part without its extension; all of it when it has none, or nothing else.
std::string_view without_extension(std::string_view local_part,
                                   std::string_view delimiters) noexcept;

}  // namespace milterward
