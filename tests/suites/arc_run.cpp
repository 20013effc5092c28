// SPDX-License-Identifier: Apache-2.0
#include "tests/suites/arc_run.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/auth/arc/chain.h"
#include "policy/auth/arc/validation.h"
#include "policy/auth/authres/field.h"
#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/message_hash.h"
#include "policy/auth/dkim/tag_list.h"
#include "policy/base/ascii.h"
#include "policy/base/clock.h"
#include "policy/mail/domain.h"
#include "policy/sign/arc_seal.h"
#include "policy/sign/private_key.h"
#include "tests/suites/arc_suite.h"

namespace milterward::suites {
namespace {

constexpr std::chrono::seconds arc_patience{20};

auth::ArcFinding validated(const ArcCase& c, SpfZone& zone) {
  const SystemClock clock;
  auth::ArcValidation validation{c.headers, zone, clock};
  validation.body(c.body);
  return validation.finish(Deadline::after(clock, arc_patience));
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

/// A field of ours with its b= in one line.
RawHeader with_b_in_one_line(RawHeader field) {
  const auto begin = field.value.find(" b=") + 1;
  const auto end = field.value.find(';', begin);
  field.value = field.value.substr(0, begin) +
                auth::without_fws(field.value.substr(begin, end - begin)) +
                field.value.substr(end);
  return field;
}

/// Our ARC-Seal, had our ARC-Message-Signature a b= in one line, as the suite's had when it
/// was sealed: the seal covers the white space in there, and RFC 8617 says nothing of it.
RawHeader seal_as_in_suite(const ArcCase& c, const std::vector<RawHeader>& fields,
                           auth::ArcResult found, const ports::SigningRequest& request) {
  const auto message = with_b_in_one_line(fields[1]);
  std::vector<const RawHeader*> sealed;
  const auto chain = auth::read_chain(c.headers, c.sealed_at);
  if (found == auth::ArcResult::pass) {
    sealed = auth::sealed_fields(c.headers, chain.sets, chain.sets.size() - 1);
    sealed.push_back(&c.headers[chain.sets.back().seal_field]);
  }
  sealed.push_back(&fields[2]);
  sealed.push_back(&message);
  auto seal = with_b_in_one_line(fields[0]);
  const auto digest = auth::header_digest(auth::Canonicalization::relaxed, sealed, seal);
  const auto begin = seal.value.find(" b=") + 3;
  seal.value.replace(begin, seal.value.find(';', begin) - begin,
                     auth::encode_base64(request.key->sign(digest).value()));
  return seal;
}

std::string fault_of_sealing(const ArcCase& c, ArcScenario& scenario) {
  ports::SigningRequest request;
  request.key = sign::parse_private_key(scenario.key).value();
  request.domain = Domain::parse(scenario.domain).value();
  request.selector = scenario.selector;
  for (const auto name : split(c.signed_names, ':'))
    request.signed_if_there.emplace_back(trim(name));
  request.signed_at = c.sealed_at;

  sign::ArcSealing sealing{request};
  sealing.body(c.body);
  const auto found = validated(c, scenario.zone).result;
  const auto fields = sealing.finish(c.headers, found, results_of(c));
  if (!fields) return std::string{ports::to_text(fields.fault())};
  if (c.seal.empty()) return fields->empty() ? "" : "want no set, got one";
  if (fields->empty()) return "want a set, got none";
  const std::array got{seal_as_in_suite(c, *fields, found, request), fields->at(1),
                       fields->at(2)};
  const std::array wanted{c.seal, c.message_signature, c.results};
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (tags_of(got[i].value) != tags_of(wanted[i]))
      return fmt::format("want {}: {}\n  got{}", got[i].name, wanted[i], got[i].value);

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
