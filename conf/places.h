// SPDX-License-Identifier: Apache-2.0
// Where in its file everything stands that a configuration says, so that a complaint that
// comes later (an engine that is not installed) still names file, line and column.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "conf/problem.h"

namespace milterward::conf {

struct Place {
  unsigned line = 0;  // from 1; 0: the file as a whole
  unsigned column = 0;
};

class Places {
 public:
  Places() = default;
  explicit Places(std::string_view file) : file_(file) {}

  /// `path` is "dns.timeout", or "sign.key[2].selector" in a table that repeats.
  void note(const std::string& path, Place at) { places_[path] = at; }
  const std::string& file() const noexcept { return file_; }
  /// Whether the file says anything there.
  bool says(const std::string& path) const { return places_.contains(path); }

  /// A complaint about `path`, placed there or at the nearest thing around it that stands
  /// in the file.
  ConfigProblem problem(const std::string& path, Complaint complaint) const;
  /// The same of a sentence that begins with the path and a colon.
  ConfigProblem problem(std::string_view sentence) const;

 private:
  std::string file_;
  std::map<std::string, Place> places_;
};

}  // namespace milterward::conf
