// SPDX-License-Identifier: Apache-2.0
// A domain name as mail compares it: lower-case ASCII (A-labels), without the final dot.
// Underscores are allowed, since DNS names of keys and policies carry them (RFC 8552).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/base/result.h"

namespace milterward {

enum class DomainFault { empty, too_long, bad_label, bad_idn };

class Domain {
 public:
  Domain() = default;

  /// A-labels, U-labels (converted by IDNA 2008, non-transitional: RFC 5891) or a mixture,
  /// with or without the final dot; full-width dots count as dots. At most 253 octets,
  /// labels of 1 to 63 octets out of letters, digits, hyphens and underscores.
  static Result<Domain, DomainFault> parse(std::string_view text);

  const std::string& name() const noexcept { return name_; }
  bool empty() const noexcept { return name_.empty(); }
  std::size_t label_count() const noexcept;

  /// Without its first label; empty for a single label.
  Domain parent() const;
  /// The last `labels` labels; the whole name when it has no more.
  Domain last_labels(std::size_t labels) const;
  /// Equal to `other` or below it.
  bool is_within(const Domain& other) const noexcept;

  auto operator<=>(const Domain&) const = default;

 private:
  explicit Domain(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

std::string_view to_text(DomainFault fault) noexcept;

}  // namespace milterward
