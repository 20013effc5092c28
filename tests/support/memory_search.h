// SPDX-License-Identifier: Apache-2.0
// Does a process still remember a private key? Searches all of its writable memory. What is
// looked for is kept under a mask, so that the search does not find itself.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

namespace milterward::tests {

/// A stretch of something secret.
struct Needle {
  std::string name;
  std::string masked;
};

/// Of a private key in PEM: its text, and its numbers as they are written (from the
/// greatest octet) and as OpenSSL computes with them (from the least). Worked out in a
/// process of its own, so that ours never has them because of this.
std::vector<Needle> needles_of(std::string_view pem);

/// "prime in [heap]" and the like, one for each needle and mapping that has it.
std::vector<std::string> found_in_memory(const std::vector<Needle>& needles,
                                         pid_t process = ::getpid());

/// The flags ("lo": locked, "dd": not dumped) of our mapping that holds the address.
std::string mapping_flags(const void* address);

}  // namespace milterward::tests
