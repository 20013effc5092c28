// SPDX-License-Identifier: Apache-2.0
// Text that is a secret: a private key in PEM, a PIN. It lies in pages of its own, which
// are kept out of swap (as far as RLIMIT_MEMLOCK goes) and out of core dumps, and are wiped
// before they are given back. Pages of its own, since a lock is one of whole pages: text
// that shared one would unlock its neighbour's when it goes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace milterward {

class SecretText {
 public:
  SecretText() noexcept = default;
  /// So many NULs, to be filled. Throws std::bad_alloc.
  explicit SecretText(std::size_t size);
  explicit SecretText(std::string_view text);
  /// Takes the text over and wipes where it lay, which is left empty.
  static SecretText taken_from(std::string& text);
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  ~SecretText();

  std::string_view view() const noexcept { return {text_, size_}; }
  /// `size()` octets, and a NUL behind them.
  char* octets() noexcept { return text_; }
  std::size_t size() const noexcept { return size_; }
  /// What is cut off is wiped. No more than there is.
  void shorten_to(std::size_t size) noexcept;
  /// Does the system keep it out of swap?
  bool is_locked() const noexcept { return is_locked_; }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;
  bool is_locked_ = false;
};

/// Overwrites the text, whatever the compiler thinks of it, and empties it.
void wipe(std::string& text) noexcept;

}  // namespace milterward
