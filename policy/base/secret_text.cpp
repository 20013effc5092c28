// SPDX-License-Identifier: Apache-2.0
#include "policy/base/secret_text.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <utility>

namespace milterward {

SecretText::SecretText(std::size_t size) : size_(size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  mapped_ = (size / page + 1) * page;  // with room for a NUL
  void* const pages =
      // cppcheck-suppress invalidFunctionArg; -1 is what pages without a file have
      ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc{};
  text_ = static_cast<char*>(pages);
  ::madvise(pages, mapped_, MADV_DONTDUMP);
  is_locked_ = ::mlock(pages, mapped_) == 0;
}

SecretText::SecretText(std::string_view text) : SecretText(text.size()) {
  std::ranges::copy(text, text_);
}

SecretText SecretText::taken_from(std::string& text) {
  SecretText taken{std::string_view{text}};
  wipe(text);
  return taken;
}

SecretText::SecretText(SecretText&& other) noexcept
    : text_(std::exchange(other.text_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)),
      is_locked_(std::exchange(other.is_locked_, false)) {}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  std::swap(text_, other.text_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  std::swap(is_locked_, other.is_locked_);
  return *this;
}

SecretText::~SecretText() {
  if (text_ == nullptr) return;
  ::explicit_bzero(text_, mapped_);
  ::munmap(text_, mapped_);
}

void SecretText::shorten_to(std::size_t size) noexcept {
  if (size >= size_) return;
  ::explicit_bzero(text_ + size, size_ - size);
  size_ = size;
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // what an earlier, longer text left behind
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace milterward
