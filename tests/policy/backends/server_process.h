// SPDX-License-Identifier: Apache-2.0
// Real servers of other people, as packaging/install-deps unpacks them, for one test each.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace milterward::tests {

/// How long a server may take to start or to end.
inline constexpr std::chrono::seconds server_patience{20};

/// The first of the directories, below the unpacked servers and then below "/", that has
/// the program. Throws std::runtime_error when none has.
std::filesystem::path server_program(std::string_view name,
                                     std::initializer_list<const char*> directories);

/// Starts a program with its output in `log` and its input from `input`; by posix_spawn,
/// since tests have threads. Throws std::runtime_error.
pid_t spawn(std::vector<std::string> words, const std::filesystem::path& log,
            const std::filesystem::path& input = "/dev/null");

/// Waits for the end of a process, at most `server_patience`; then it is killed.
int status_of(pid_t pid);

std::string text_of(const std::filesystem::path& file);

}  // namespace milterward::tests
