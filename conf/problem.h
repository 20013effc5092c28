// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration, where, and what to write instead. Problems are
// collected, never thrown one by one: a postmaster wants to mend a file in one go.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace milterward::conf {

/// Why a value does not fit, and the way out; without place and key.
struct Complaint {
  std::string wrong;
  std::string way_out;
  bool operator==(const Complaint&) const = default;
};

struct ConfigProblem {
  std::string file;
  unsigned line = 0;  // from 1; 0: about the file as a whole
  unsigned column = 0;
  std::string key;  // "dns.timeout"; "" for an error of syntax
  std::string wrong;
  std::string way_out;  // may be empty
  bool operator==(const ConfigProblem&) const = default;
};

/// "FILE:LINE:COLUMN: key: what is wrong; way out"
std::string to_text(const ConfigProblem& problem);

/// We cannot start: thrown where a daemon would need a configuration and has none, caught
/// in main, exit 78 (EX_CONFIG of sysexits.h).
class ConfigError final : public std::exception {
 public:
  explicit ConfigError(std::vector<ConfigProblem> problems);
  const std::vector<ConfigProblem>& problems() const noexcept { return problems_; }
  /// All problems, one a line.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::vector<ConfigProblem> problems_;
  std::string text_;
};

}  // namespace milterward::conf
