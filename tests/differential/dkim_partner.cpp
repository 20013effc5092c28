// SPDX-License-Identifier: Apache-2.0
// Our DKIM engine for dkim_differential.py: a line of JSON in, a line of JSON out, until
// the input ends. Octets travel as base64.
//   {"do": "sign", "fields": [[NAME, VALUE]...], "body": ..., "chunk": N, "requests":
//    [{"key": PEM, "domain": ..., "selector": ..., "forms": "relaxed/simple", "oversigned":
//      [...], "signed": [...], "identity": ..., "expires_after": SECONDS}...]}
//     -> {"fields": [[NAME, VALUE]...]} in the order of the requests, or {"fault": TEXT}
//   {"do": "verify", "fields": ..., "body": ..., "chunk": N, "zone": TEXT}
//     -> {"findings": [{"result": ..., "reason": ...}...]} in the order of the fields
// The body is passed on in chunks of N octets; values keep all that stands behind the
// colon.
#include <chrono>
#include <cstddef>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/native_verifier.h"
#include "policy/base/clock.h"
#include "policy/sign/native_signer.h"
#include "policy/sign/private_key.h"
#include "tests/support/fake_resolver.h"

namespace {

using namespace milterward;
using nlohmann::json;

constexpr std::chrono::seconds patience{5};

std::string octets_of(const json& text) {
  const auto& encoded = text.get_ref<const std::string&>();
  if (encoded.empty()) return {};  // as a p= or b= that would be nonsense
  auto octets = auth::decode_base64(encoded);
  if (!octets) throw std::runtime_error("not base64");
  return std::move(*octets);
}

RawHeaders fields_of(const json& request) {
  RawHeaders fields;
  for (const auto& field : request.at("fields"))
    fields.push_back({octets_of(field.at(0)), octets_of(field.at(1))});
  return fields;
}

/// Hands the body on as an MTA does: in pieces, none for an empty one.
template <class Stream>
void feed(Stream& stream, const json& request) {
  const auto body = octets_of(request.at("body"));
  const auto chunk = request.at("chunk").get<std::size_t>();
  for (std::string_view rest = body; !rest.empty();) {
    const auto piece = rest.substr(0, chunk);
    stream.body(piece);
    rest.remove_prefix(piece.size());
  }
}

conf::SigningForms forms_named(const std::string& name) {
  if (name == "relaxed/relaxed") return conf::SigningForms::relaxed_relaxed;
  if (name == "relaxed/simple") return conf::SigningForms::relaxed_simple;
  if (name == "simple/relaxed") return conf::SigningForms::simple_relaxed;
  if (name == "simple/simple") return conf::SigningForms::simple_simple;
  throw std::runtime_error("no such canonicalization: " + name);
}

/// A key is parsed once, as the daemon does.
std::shared_ptr<const ports::PrivateKey> key_of(const std::string& pem) {
  static std::map<std::string, std::shared_ptr<const ports::PrivateKey>> kept;
  auto& key = kept[pem];
  if (!key) key = sign::parse_private_key(pem).value();
  return key;
}

ports::SigningRequest signing_request_of(const json& wish) {
  ports::SigningRequest request;
  request.key = key_of(wish.at("key").get<std::string>());
  request.domain = Domain::parse(wish.at("domain").get<std::string>()).value();
  request.selector = wish.at("selector").get<std::string>();
  request.oversigned = wish.at("oversigned").get<std::vector<std::string>>();
  request.signed_if_there = wish.at("signed").get<std::vector<std::string>>();
  request.expires_after = std::chrono::seconds{wish.at("expires_after").get<int>()};
  request.signed_at = SystemClock{}.today();
  request.forms = forms_named(wish.at("forms").get<std::string>());
  request.identity = wish.at("identity").get<std::string>();
  return request;
}

json sign_message(const json& request) {
  std::vector<ports::SigningRequest> wishes;
  for (const auto& wish : request.at("requests"))
    wishes.push_back(signing_request_of(wish));
  const auto signing =
      sign::NativeDkimSigner{}.begin(fields_of(request), std::move(wishes));
  feed(*signing, request);
  const auto fields = signing->finish();
  if (!fields) return {{"fault", std::string{ports::to_text(fields.fault())}}};
  auto answer = json::array();
  for (const auto& field : *fields)
    answer.push_back({auth::encode_base64(field.name), auth::encode_base64(field.value)});
  return {{"fields", answer}};
}

json verify_message(const json& request) {
  const SystemClock clock;
  static const auth::NativeDkimVerifier verifier{conf::BodyLength::whole};
  tests::FakeResolver dns{request.at("zone").get<std::string>()};
  const auto verification = verifier.begin(fields_of(request), dns, clock);
  feed(*verification, request);
  auto findings = json::array();
  for (const auto& finding : verification->finish(Deadline::after(clock, patience)))
    findings.push_back({{"result", std::string{ports::to_text(finding.result)}},
                        {"reason", finding.reason}});
  return {{"findings", findings}};
}

}  // namespace

int main() try {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = json::parse(line);
    const auto answer =
        request.at("do") == "sign" ? sign_message(request) : verify_message(request);
    std::cout << answer.dump(-1, ' ', false, json::error_handler_t::replace) << '\n'
              << std::flush;  // the other side waits for it
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "dkim_partner: " << error.what() << '\n';
  return 2;
}
