// SPDX-License-Identifier: Apache-2.0
#include "tests/suites/dkim_suite.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "policy/base/ascii.h"

namespace milterward::suites {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The columns of each line that says something.
std::vector<std::vector<std::string>> rows_of(const std::string& path,
                                              std::size_t least_columns) {
  std::vector<std::vector<std::string>> rows;
  const auto content = content_of(path);
  for (const auto line : split(content, '\n')) {
    if (trim(line).empty() || line.starts_with('#')) continue;
    std::vector<std::string> row;
    for (const auto column : split(line, '\t')) row.emplace_back(trim(column));
    if (row.size() < least_columns)
      throw std::runtime_error(path + ": too few columns: " + std::string{line});
    rows.push_back(std::move(row));
  }
  return rows;
}

DkimExpectation expectation_named(const std::string& word) {
  if (word == "pass") return DkimExpectation::pass;
  if (word == "fail") return DkimExpectation::fail;
  if (word == "either") return DkimExpectation::either;
  throw std::runtime_error("neither pass, fail nor either: " + word);
}

}  // namespace

DkimSuite read_dkim_suite(const std::string& directory) {
  DkimSuite suite;
  for (const auto& row : rows_of(directory + "/keys.txt", 2))
    suite.zone.add_text(row[0], row[1]);
  for (const auto& row : rows_of(directory + "/expect.tsv", 2))
    suite.cases.push_back({row[0], expectation_named(row[1]),
                           row.size() > 2 ? row[2] : std::string{},
                           parse_message(content_of(directory + "/" + row[0]))});
  if (suite.cases.empty()) throw std::runtime_error(directory + ": no message in it");
  return suite;
}

}  // namespace milterward::suites
