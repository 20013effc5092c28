// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/openssl_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace milterward::sign {
namespace {

void* allocate(std::size_t size, const char*, int) noexcept { return std::malloc(size); }

void free_wiped(void* memory, const char*, int) noexcept {
  if (memory == nullptr) return;
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

/// Never in place: glibc would move what does not fit, and leave the old as it is.
void* allocate_again(void* memory, std::size_t size, const char* file, int line) noexcept {
  if (memory != nullptr && size != 0 && size <= ::malloc_usable_size(memory)) return memory;
  void* const next = size == 0 ? nullptr : std::malloc(size);
  if (next == nullptr && size != 0) return nullptr;
  if (memory != nullptr && next != nullptr)
    std::memcpy(next, memory, std::min(size, ::malloc_usable_size(memory)));
  free_wiped(memory, file, line);
  return next;
}

}  // namespace

bool wipe_what_openssl_frees() noexcept {
  return CRYPTO_set_mem_functions(allocate, allocate_again, free_wiped) == 1;
}

}  // namespace milterward::sign
