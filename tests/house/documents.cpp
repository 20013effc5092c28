// SPDX-License-Identifier: Apache-2.0
// Are the documents what the tables say? Every key has a help and stands in the sample and
// in the manual; the checked-in copies are those that would be printed today. Each rule
// also meets a document that breaks it.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "conf/keys.h"
#include "conf/load.h"
#include "conf/reference.h"
#include "conf/roff.h"

namespace milterward::tests {
namespace {

struct Document {
  std::string_view path;  // from the root
  std::string_view topic;
  std::string (*text)();
};

const std::vector<Document> documents{
    {"conf/milterward.toml", "sample", &conf::sample},
    {"packaging/man/milterward.toml.5", "manual", &conf::manual},
    {"packaging/man/milterward-events.7", "events", &conf::events_manual},
};

std::string file_text(std::string_view path) {
  std::ifstream in{std::string{MILTERWARD_SOURCE_DIR} + "/" + std::string{path},
                   std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// "" when the copy is current, else what to do.
std::string fault_of(const Document& document, std::string_view copy) {
  if (copy == document.text()) return {};
  return "run: milterward config-reference " + std::string{document.topic} + " > " +
         std::string{document.path};
}

/// A key as the documents have to show it.
struct Told {
  std::string name;
  std::string line_in_sample;
  std::string help;
};

std::vector<Told> all_keys() {
  std::vector<Told> all;
  const auto add = [&](const auto& rows) {
    for (const auto& key : rows)
      all.push_back({std::string{key.name}, "\n#" + std::string{key.short_name()} + " = ",
                     std::string{key.help}});
  };
  add(conf::keys());
  conf::for_each_repeated([&](const auto& table) { add(table.keys); });
  return all;
}

std::vector<std::string> undocumented(const std::vector<Told>& all, std::string_view sample,
                                      std::string_view manual) {
  std::vector<std::string> names;
  for (const auto& key : all) {
    const auto item = ".TP\n\\fB" + conf::roff::escaped(key.name) + " ";
    if (key.help.empty() || sample.find(key.line_in_sample) == std::string_view::npos ||
        manual.find(item) == std::string_view::npos)
      names.push_back(key.name);
  }
  return names;
}

BOOST_AUTO_TEST_CASE(generated_files_are_current) {
  for (const auto& document : documents) {
    const auto fault = fault_of(document, file_text(document.path));
    BOOST_TEST(fault.empty(), fault);
  }
}

BOOST_AUTO_TEST_CASE(a_stale_file_is_noticed) {
  for (const auto& document : documents) {
    BOOST_TEST(!fault_of(document, document.text() + "\n").empty());
    BOOST_TEST(!fault_of(document, "").empty());
  }
}

BOOST_AUTO_TEST_CASE(every_key_is_documented) {
  BOOST_TEST(undocumented(all_keys(), conf::sample(), conf::manual()) ==
                 std::vector<std::string>{},
             boost::test_tools::per_element());
}

/// The configuration that packages install, with each line that begins "#word" or "#["
/// taken for a suggestion.
std::string with_suggestions(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_line = i == 0 || text[i - 1] == '\n';
    const bool suggests =
        begins_line && text[i] == '#' && i + 1 < text.size() &&
        (text[i + 1] == '[' || (text[i + 1] >= 'a' && text[i + 1] <= 'z'));
    if (!suggests) out += text[i];
  }
  return out;
}

BOOST_AUTO_TEST_CASE(the_configuration_of_packages_is_valid_and_so_is_all_it_suggests) {
  const auto installed = file_text("packaging/milterward.toml");
  const auto followed = with_suggestions(installed);
  BOOST_TEST(followed.size() < installed.size());
  for (const auto& text : {installed, followed}) {
    const auto config = conf::load_config(text, "packaging/milterward.toml");
    if (!config)
      for (const auto& problem : config.fault()) BOOST_ERROR(conf::to_text(problem));
    BOOST_TEST((config && config->warnings.empty()));
  }
}

std::string without(std::string text, std::string_view part) {
  const auto at = text.find(part);
  BOOST_REQUIRE(at != std::string::npos);
  return text.erase(at, part.size());
}

BOOST_AUTO_TEST_CASE(an_undocumented_key_is_noticed) {
  auto all = all_keys();
  const auto sample = conf::sample();
  const auto manual = conf::manual();
  const std::vector<std::string> file{"log.facts"};
  BOOST_TEST(undocumented(all, without(sample, "#facts ="), manual) == file,
             boost::test_tools::per_element());
  BOOST_TEST(undocumented(all, sample, without(manual, "\\fBlog.facts")) == file,
             boost::test_tools::per_element());
  all.front().help.clear();
  BOOST_TEST(
      undocumented(all, sample, manual) == std::vector<std::string>{all.front().name},
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_key_belongs_to_a_section_and_names_are_unique) {
  std::vector<std::string_view> names;
  for (const auto& key : conf::keys()) {
    names.push_back(key.name);
    BOOST_TEST(std::count_if(
                   conf::sections().begin(), conf::sections().end(),
                   [&](const auto& section) { return section.name == key.table(); }) == 1,
               std::string{key.name});
  }
  std::sort(names.begin(), names.end());
  BOOST_TEST((std::adjacent_find(names.begin(), names.end()) == names.end()));
}

}  // namespace
}  // namespace milterward::tests
