// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/domain.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward {
namespace {

constexpr std::size_t name_limit = 253;  // RFC 1035 section 2.3.4, without the final dot
constexpr std::size_t label_limit = 63;
// No U-label name that fits 253 octets as A-labels is longer than this in UTF-8.
constexpr std::size_t text_limit = 1024;

constexpr OctetSet of_a_label{[](char c) { return is_alnum(c) || c == '-' || c == '_'; }};

/// Labels with a dot between each two; looked through once, since every address and every
/// question passes here.
bool is_of_labels(std::string_view name) {
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (++label > label_limit || !of_a_label.contains(c)) {
      return false;
    }
  }
  return label != 0;
}

Result<std::string, DomainFault> to_a_labels(std::string_view text) {
  const std::string input{text};
  char* output = nullptr;
  constexpr int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
  const int rc = idn2_to_ascii_8z(input.c_str(), &output, flags);
  const std::unique_ptr<char, void (*)(void*)> owned{output, idn2_free};
  if (rc != IDN2_OK || !owned || input.find('\0') != std::string::npos)
    return Unexpected{DomainFault::bad_idn};
  return std::string{owned.get()};
}

}  // namespace

Result<Domain, DomainFault> Domain::parse(std::string_view text) {
  if (text.size() > text_limit) return Unexpected{DomainFault::too_long};
  std::string name;
  if (std::ranges::any_of(text, [](char c) { return (c & 0x80) != 0; })) {
    auto ascii = to_a_labels(text);
    if (!ascii) return Unexpected{ascii.fault()};
    name = to_lower(*ascii);
  } else {
    name = to_lower(text);
  }
  if (name.ends_with('.')) name.pop_back();
  if (name.empty()) return Unexpected{DomainFault::empty};
  if (name.size() > name_limit) return Unexpected{DomainFault::too_long};
  if (!is_of_labels(name)) return Unexpected{DomainFault::bad_label};
  return Domain{std::move(name)};
}

std::size_t Domain::label_count() const noexcept {
  return name_.empty() ? 0 : static_cast<std::size_t>(std::ranges::count(name_, '.')) + 1;
}

Domain Domain::parent() const {
  const auto dot = name_.find('.');
  return dot == std::string::npos ? Domain{} : Domain{name_.substr(dot + 1)};
}

Domain Domain::last_labels(std::size_t labels) const {
  Domain shorter = *this;
  while (shorter.label_count() > labels) shorter = shorter.parent();
  return shorter;
}

bool Domain::is_within(const Domain& other) const noexcept {
  if (other.empty()) return false;
  return name_ == other.name_ ||
         (name_.size() > other.name_.size() && name_.ends_with(other.name_) &&
          name_[name_.size() - other.name_.size() - 1] == '.');
}

std::string_view to_text(DomainFault fault) noexcept {
  switch (fault) {
    case DomainFault::empty:
      return "empty name";
    case DomainFault::too_long:
      return "name longer than 253 octets";
    case DomainFault::bad_label:
      return "empty, overlong or malformed label";
    case DomainFault::bad_idn:
      return "not a valid internationalized name";
  }
  unreachable();
}

}  // namespace milterward
