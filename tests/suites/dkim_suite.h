// SPDX-License-Identifier: Apache-2.0
// Reads a directory of signed messages:
//   keys.txt    NAME <tab> TXT                       the key records, complete names
//   expect.tsv  FILE <tab> pass|fail|either <tab> NOTE    "either": may do what it likes
//               but has to end
// and the messages, with CRLF or LF. Lines that are empty or begin with `#` say nothing.
#pragma once

#include <string>
#include <vector>

#include "policy/mail/message_text.h"
#include "tests/suites/spf_zone.h"

namespace milterward::suites {

enum class DkimExpectation { pass, fail, either };

struct DkimSuiteCase {
  std::string file;
  DkimExpectation want = DkimExpectation::pass;
  std::string note;
  MessageText message;
};

struct DkimSuite {
  SpfZone zone;
  std::vector<DkimSuiteCase> cases;
};

/// Throws std::exception for what is not such a suite.
DkimSuite read_dkim_suite(const std::string& directory);

}  // namespace milterward::suites
