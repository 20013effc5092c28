// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/dkim.h"

#include <fmt/format.h>

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(DkimResult result) noexcept {
  switch (result) {
    case DkimResult::none:
      return "none";
    case DkimResult::pass:
      return "pass";
    case DkimResult::fail:
      return "fail";
    case DkimResult::policy:
      return "policy";
    case DkimResult::neutral:
      return "neutral";
    case DkimResult::temperror:
      return "temperror";
    case DkimResult::permerror:
      return "permerror";
  }
  unreachable();
}

std::string_view to_text(SigningAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case SigningAlgorithm::rsa_sha256:
      return "rsa-sha256";
    case SigningAlgorithm::ed25519_sha256:
      return "ed25519-sha256";
  }
  unreachable();
}

std::string key_in_words(const DkimFinding& finding) {
  if (finding.key_bits == 0) return {};
  const bool is_short = finding.key_bits < recommended_rsa_bits &&
                        finding.algorithm == to_text(SigningAlgorithm::rsa_sha256);
  return fmt::format("{}-bit key{}{}", finding.key_bits, is_short ? ", short" : "",
                     finding.key_is_testing ? ", testing" : "");
}

std::string_view to_text(SigningFault fault) noexcept {
  switch (fault) {
    case SigningFault::bad_key:
      return "key cannot sign";
    case SigningFault::no_token:
      return "the token of the key does not answer";
    case SigningFault::no_from:
      return "message without From";
    case SigningFault::several_from:
      return "message with several From fields";
    case SigningFault::library_failure:
      return "signing failed";
  }
  unreachable();
}

}  // namespace milterward::ports
