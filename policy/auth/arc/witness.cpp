// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/arc/witness.h"

#include <algorithm>
#include <optional>

#include "policy/auth/authres/field.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

/// The domain in "header.d=example.org", "header.i=@example.org", "smtp.mailfrom=a@b.c".
Domain domain_in(const AuthresMethod& method, std::string_view type,
                 std::string_view name) {
  for (const auto& property : method.properties) {
    if (property.type != type || property.name != name) continue;
    const std::string_view value = property.value;
    const auto domain = Domain::parse(value.substr(value.rfind('@') + 1));
    if (domain) return *domain;
  }
  return {};
}

bool is_aligned(const Domain& domain, const ArcAuthor& author, bool is_strict) {
  if (domain.empty()) return false;
  return domain == author.domain || (!is_strict && domain == author.organizational);
}

bool dkim_proves(const AuthresMethod& method, const ArcAuthor& author) {
  const auto signer = domain_in(method, "header", "d");
  if (!signer.empty()) return is_aligned(signer, author, author.dkim_is_strict);
  // Some write i= only, which is d= or below it.
  return !author.dkim_is_strict &&
         is_aligned(domain_in(method, "header", "i"), author, false);
}

bool spf_proves(const AuthresMethod& method, const ArcAuthor& author) {
  return is_aligned(domain_in(method, "smtp", "mailfrom"), author, author.spf_is_strict);
}

std::optional<ArcProof> proof_in(const AuthresField& results, const ArcAuthor& author) {
  std::optional<ArcProof> proof;
  for (const auto& method : results.methods) {
    const bool is_pass = method.result == "pass";
    if (method.method == "dmarc" && domain_in(method, "header", "from") == author.domain) {
      if (is_pass) return ArcProof::dmarc;
      if (method.result == "fail") return std::nullopt;
    }
    if (!is_pass) continue;
    if (method.method == "dkim" && dkim_proves(method, author)) proof = ArcProof::dkim;
    if (method.method == "spf" && !proof && spf_proves(method, author))
      proof = ArcProof::spf;
  }
  return proof;
}

}  // namespace

std::vector<ArcWitness> witnesses_of(const ArcFinding& chain,
                                     const std::vector<Domain>& trusted,
                                     const ArcAuthor& author) {
  std::vector<ArcWitness> witnesses;
  if (!chain.author_is_signed) return witnesses;
  for (auto set = chain.sets.rbegin(); set != chain.sets.rend(); ++set) {
    if (!is_trusted_sealer(set->domain, trusted)) break;
    const auto results = parse_authres(set->results);
    if (!results) continue;
    if (const auto proof = proof_in(*results, author))
      witnesses.push_back({set->domain, *proof, author.domain.name()});
  }
  return witnesses;
}

bool is_trusted_sealer(std::string_view sealer, const std::vector<Domain>& trusted) {
  return std::ranges::any_of(trusted,
                             [&](const Domain& domain) { return domain.name() == sealer; });
}

std::string_view to_text(ArcProof proof) noexcept {
  switch (proof) {
    case ArcProof::dmarc:
      return "dmarc";
    case ArcProof::dkim:
      return "dkim";
    case ArcProof::spf:
      return "spf";
  }
  unreachable();
}

}  // namespace milterward::auth
