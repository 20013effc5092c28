// SPDX-License-Identifier: Apache-2.0
// Memory that is out for one thread. A program that links this has an `operator new` of its
// own; what C libraries allocate is left alone.
#pragma once

#include <cstddef>

namespace milterward::tests {

class NoMemoryIn {
 public:
  /// Until it goes, `operator new` throws std::bad_alloc in each thread of that name
  /// (pthread_setname_np). One at a time.
  explicit NoMemoryIn(const char* thread);
  ~NoMemoryIn();
  NoMemoryIn(const NoMemoryIn&) = delete;
  NoMemoryIn& operator=(const NoMemoryIn&) = delete;

  /// How often it has thrown.
  std::size_t refused() const;
};

}  // namespace milterward::tests
