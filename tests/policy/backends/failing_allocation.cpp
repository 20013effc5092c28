// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/failing_allocation.h"

#include <sys/prctl.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::atomic<const char*> starved{nullptr};
std::atomic<std::size_t> refusals{0};

bool is_starved() noexcept {
  const char* const thread = starved.load();
  char name[16] = {};
  return thread != nullptr && ::prctl(PR_GET_NAME, name, 0, 0, 0) == 0 &&
         std::strcmp(name, thread) == 0;
}

}  // namespace

void* operator new(std::size_t size) {
  if (is_starved()) {
    ++refusals;
    throw std::bad_alloc{};
  }
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (!is_starved()) return std::malloc(size == 0 ? 1 : size);
  ++refusals;
  return nullptr;
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace milterward::tests {

NoMemoryIn::NoMemoryIn(const char* thread) {
  refusals = 0;
  starved = thread;
}

NoMemoryIn::~NoMemoryIn() { starved = nullptr; }

std::size_t NoMemoryIn::refused() const { return refusals; }

}  // namespace milterward::tests
