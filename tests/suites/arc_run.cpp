// SPDX-License-Identifier: Apache-2.0
#include "tests/suites/arc_run.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include "policy/auth/arc/validation.h"
#include "policy/auth/authres/field.h"
#include "policy/auth/dkim/tag_list.h"
#include "policy/base/ascii.h"
#include "policy/base/clock.h"
#include "policy/mail/domain.h"
#include "policy/sign/arc_seal.h"
#include "policy/sign/private_key.h"
#include "tests/suites/arc_suite.h"

namespace milterward::suites {
namespace {

constexpr std::chrono::seconds patience{20};

auth::ArcFinding validated(const ArcCase& c, SpfZone& zone) {
  const SystemClock clock;
  auth::ArcValidation validation{c.headers, zone, clock};
  validation.body(c.body);
  return validation.finish(Deadline::after(clock, patience));
}

std::string fault_of_validation(const ArcCase& c, ArcScenario& scenario) {
  const auto finding = validated(c, scenario.zone);
  const std::string got{to_text(finding.result)};
  return got == c.status
             ? ""
             : fmt::format("want {}, got {} ({})", c.status, got, finding.reason);
}

/// All results of ours on the message, put together: RFC 8617 section 4.1.1.
std::string results_of(const ArcCase& c) {
  std::string results = c.authserv_id;
  for (const auto* field : fields_named(c.headers, auth::authres_field_name)) {
    const auto line = unfolded(field->value);
    const auto end = line.find(';');
    if (trim(line.substr(0, end)) == c.authserv_id && end != std::string::npos)
      results += ";" + line.substr(end + 1);
  }
  return results;
}

/// Tags in any order, white space anywhere, as the suite compares them.
std::multiset<std::string> tags_of(std::string_view value) {
  const auto dense = auth::without_fws(value);
  std::multiset<std::string> tags;
  for (const auto tag : split(dense, ';'))
    if (!tag.empty()) tags.emplace(tag);
  return tags;
}

std::string fault_of_sealing(const ArcCase& c, ArcScenario& scenario) {
  ports::SigningRequest request;
  request.key = sign::parse_private_key(scenario.key).value();
  request.domain = Domain::parse(scenario.domain).value();
  request.selector = scenario.selector;
  for (const auto name : split(c.signed_names, ':'))
    request.signed_if_there.emplace_back(trim(name));
  request.signed_at = c.sealed_at;

  sign::ArcSealing sealing{std::move(request)};
  sealing.body(c.body);
  const auto found = validated(c, scenario.zone).result;
  const auto fields = sealing.finish(c.headers, found, results_of(c));
  if (!fields) return std::string{ports::to_text(fields.fault())};
  if (c.seal.empty()) return fields->empty() ? "" : "want no set, got one";
  if (fields->empty()) return "want a set, got none";
  const std::array wanted{c.seal, c.message_signature, c.results};
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (const auto& field = fields->at(i); tags_of(field.value) != tags_of(wanted[i]))
      return fmt::format("want {}: {}\n  got{}", field.name, wanted[i], field.value);

  auto sealed = c;
  sealed.headers.insert(sealed.headers.begin(), fields->begin(), fields->end());
  const auto want =
      found == auth::ArcResult::fail ? auth::ArcResult::fail : auth::ArcResult::pass;
  const auto finding = validated(sealed, scenario.zone);
  return finding.result == want ? "" : "what was sealed: " + finding.reason;
}

/// Where the suites, written for drafts, and RFC 8617 disagree, we follow the RFC.
constexpr std::array<std::pair<std::string_view, std::string_view>, 1> exceptions{{
    {"ams_fields_c_na",
     "without c= the signature verifies as relaxed/relaxed only; RFC 8617 section 4.1.2 "
     "takes over the semantics of DKIM-Signature with three differences, none of them c=, "
     "whose default is simple/simple (RFC 6376 section 3.5)"},
}};

std::string_view exception_for(std::string_view name) {
  for (const auto& [known, why] : exceptions)
    if (name == known) return why;
  return {};
}

template <class FaultOf>
int run(std::vector<ArcScenario> scenarios, FaultOf fault_of) {
  int passed = 0;
  int failed = 0;
  bool good = true;
  for (auto& scenario : scenarios)
    for (const auto& c : scenario.cases) {
      const auto fault = fault_of(c, scenario);
      ++(fault.empty() ? passed : failed);
      const auto exception = exception_for(c.name);
      good = good && fault.empty() == exception.empty();
      if (!fault.empty())
        fmt::print("FAILED {} / {}: {}\n", scenario.description, c.name, fault);
      if (!exception.empty())
        fmt::print("  {}: {}\n", fault.empty() ? "no exception any more" : "exception",
                   exception);
    }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return good ? 0 : 1;
}

}  // namespace

int run_arc_validation(const std::string& path) {
  return run(read_arc_validation_suite(path), fault_of_validation);
}

int run_arc_sealing(const std::string& path) {
  return run(read_arc_signing_suite(path), fault_of_sealing);
}

}  // namespace milterward::suites
