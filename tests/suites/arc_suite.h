// SPDX-License-Identifier: Apache-2.0
// Reads the test suites of ARC's authors: YAML documents, each a scenario of named tests
// under one set of key records, for validating (`cv:` is the result) and for sealing
// (`AAR:`, `AMS:`, `AS:` are the fields to be made). The suites leave `cv:` empty where the
// newest ARC-Seal says cv=fail or one further down does; they were written for drafts that
// left this open. RFC 8617 section 5.2, steps 2 and 3, does not: the result is fail.
#pragma once

#include <string>
#include <vector>

#include "policy/base/clock.h"
#include "policy/mail/header.h"
#include "policy/ports/resolver.h"
#include "tests/suites/spf_zone.h"

namespace milterward::suites {

struct ArcCase {
  std::string name;
  RawHeaders headers;
  std::string body;  // lines end in CRLF

  std::string status;  // validating: none, pass, fail

  WallTime sealed_at;  // sealing, from here on
  std::string signed_names;
  std::string authserv_id;
  std::string results, message_signature, seal;  // values; "" when nothing is to be added
};

struct ArcScenario {
  std::string description;
  std::vector<ArcCase> cases;
  SpfZone zone;                       // key records only
  std::string domain, selector, key;  // sealing
};

/// Throw std::exception for what is not such a suite.
std::vector<ArcScenario> read_arc_validation_suite(const std::string& path);
std::vector<ArcScenario> read_arc_signing_suite(const std::string& path);

}  // namespace milterward::suites
