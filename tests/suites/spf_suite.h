// SPDX-License-Identifier: Apache-2.0
// Reads a test suite in the openspf.org format: YAML documents, each a scenario of named
// tests over one zone. In the zone, `SPF` values are published as TXT unless the name has
// `TXT` values of its own; `TXT: NONE` says that it has none; a bare TIMEOUT or SERVFAIL
// answers all questions of the name that no record answers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/ports/spf_checker.h"
#include "tests/suites/spf_zone.h"

namespace milterward::suites {

struct SpfCase {
  std::string name;
  ports::SpfQuery query;
  std::vector<std::string> results;  // any of these is right
  bool has_explanation = false;
  std::string explanation;  // "": whatever stands for the one of the receiver
};

struct SpfScenario {
  std::string description;
  std::vector<SpfCase> cases;
  SpfZone zone;
};

/// Throws std::exception for what is not such a suite.
std::vector<SpfScenario> read_spf_suite(const std::string& path);

}  // namespace milterward::suites
