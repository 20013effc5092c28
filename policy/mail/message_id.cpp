// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/message_id.h"

#include "policy/mail/scanner.h"

namespace milterward {
namespace {

/// Atoms with single dots between them.
bool skip_dot_atom(Scanner& scanner) noexcept {
  do {
    if (scanner.atom().empty()) return false;
  } while (scanner.take('.'));
  return true;
}

bool skip_literal(Scanner& scanner) noexcept {
  while (!scanner.at_end() && !scanner.is_next(']')) {
    const auto c = static_cast<unsigned char>(scanner.peek());
    if (c <= ' ' || c == 0x7f || c == '[' || c == '\\') return false;
    scanner.skip(1);
  }
  return scanner.take(']');
}

}  // namespace

bool is_message_id(std::string_view value) noexcept {
  Scanner scanner{value};
  if (!scanner.skip_cfws() || !scanner.take('<')) return false;
  const bool has_left =
      scanner.is_next('"') ? scanner.quoted_string().has_value() : skip_dot_atom(scanner);
  if (!has_left || !scanner.take('@')) return false;
  const bool has_right = scanner.take('[') ? skip_literal(scanner) : skip_dot_atom(scanner);
  return has_right && scanner.take('>') && scanner.skip_cfws() && scanner.at_end();
}

}  // namespace milterward
