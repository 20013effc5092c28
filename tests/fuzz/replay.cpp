// SPDX-License-Identifier: Apache-2.0
// The main of fuzz targets where libFuzzer is not linked: plays every file below the
// directories it is given, whole and in pieces. Pieces are what libFuzzer would find in the
// seeds in its first minutes: each line, the value behind its name, and each case. Whatever
// a target does not stand ends the process, after a word on what was played.
//
// Exit 0 when all was played, 2 when a directory is missing or has no file: who meant to
// play seeds has played none.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/ascii.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size);

namespace {

using Path = std::filesystem::path;

constexpr int nothing_to_play = 2;

std::string playing;   // the file
std::size_t line = 0;  // of it, where a piece begins; 0 for the whole

extern "C" void tell_what_was_played(int) {
  fmt::print(stderr, "\nplaying {}:{}\n", playing, line);
  std::fflush(stderr);
}

std::size_t played = 0;

void play(std::string_view octets) {
  // A copy of just that size, so that a sanitizer sees who reads on behind it.
  const std::vector<std::uint8_t> copy{octets.begin(), octets.end()};
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
  ++played;
}

/// The cases in a file stand between empty lines.
void play_cases(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find("\n\n"), text.size());
    play(text.substr(0, end));
    line += static_cast<std::size_t>(std::ranges::count(text.substr(0, end + 2), '\n'));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
}

void play_lines(std::string_view text) {
  for (const auto of_text : milterward::split(text, '\n')) {
    ++line;
    if (of_text.empty()) continue;
    play(of_text);
    if (const auto colon = of_text.find(':'); colon != std::string_view::npos)
      play(milterward::trim(of_text.substr(colon + 1)));
  }
}

void play_file(const Path& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  playing = path.string();
  line = 0;
  play(text);
  line = 1;
  play_cases(text);
  line = 0;
  play_lines(text);
}

/// In an order that does not depend on the file system.
std::vector<Path> files_below(const Path& directory) {
  std::vector<Path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{directory, error})
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> directories{argv + 1, argv + argc};
  if (directories.empty()) {
    fmt::print(stderr, "usage: {} DIRECTORY...\n", argv[0]);
    return nothing_to_play;
  }
  std::signal(SIGABRT, tell_what_was_played);
  for (const auto directory : directories) {
    const auto files = files_below(directory);
    if (files.empty()) {
      fmt::print(stderr, "{}: there is no file to play\n", directory);
      return nothing_to_play;
    }
    for (const auto& file : files) play_file(file);
  }
  fmt::print("{} inputs played\n", played);
  return 0;
}
