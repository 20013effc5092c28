// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/tell.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "milter/commands/by_hand.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "milter/status/story.h"

namespace milterward::commands {
namespace {

void print_story(const ports::JournalEntry& entry) {
  const auto story = status::story_of(entry);
  fmt::print("{}\n", shown(story.title));
  if (!entry.message_id.empty()) fmt::print("  Message-ID: {}\n", shown(entry.message_id));
  for (const auto& sentence : story.sentences) fmt::print("  {}\n", shown(sentence));
  fmt::print("  {}\n", shown(story.end));
  if (entry.latency.count() > 0)
    fmt::print("  It took {:.1f} ms.\n", static_cast<double>(entry.latency.count()) / 1000);
  fmt::print("\n");
}

std::string told_as_json(const ports::JournalEntry& entry) {
  const auto story = status::story_of(entry);
  auto sentences = story.sentences;
  sentences.push_back(story.end);
  return journal_json(entry, sentences, 2);
}

}  // namespace

bool is_facts_file(const std::string& argument) {
  std::error_code ignored;
  // A Message-ID may have a "/", and then has an "@" too.
  const bool is_path =
      argument.find('/') != std::string::npos && argument.find('@') == std::string::npos;
  return argument == "-" || is_path || std::filesystem::exists(argument, ignored);
}

int tell(const std::string& name, const JournalPlace& place, const JournalTools& tools,
         Output output) {
  const auto found = find_journal(place, "explain");
  if (!found) return failed;
  const auto reader = tools.open_to_read(found->file);
  if (!reader) return complain("explain", reader.fault());
  const auto entries = (*reader)->named(name);
  if (!entries) return complain("explain", entries.fault());
  if (entries->empty())
    return complain(
        "explain",
        fmt::format(
            "{} is no file, and the journal {} knows no message with that queue id or "
            "Message-ID; milterward log --to ADDRESS finds what was refused before it had "
            "one",
            shown(name), found->file));
  if (output == Output::text) {
    for (const auto& entry : *entries) print_story(entry);
    return ok;
  }
  std::vector<std::string> objects;
  for (const auto& entry : *entries) objects.push_back(told_as_json(entry));
  fmt::print("[\n{}\n]\n", fmt::join(objects, ",\n"));
  return ok;
}

}  // namespace milterward::commands
