// SPDX-License-Identifier: Apache-2.0
// Private keys that stay in their token: found by URI, with the public half that DNS is to
// show, and the one symbol by which the program finds its way into this module.
//
// RSA signs by CKM_RSA_PKCS over the DigestInfo of RFC 8017 section 9.2, which every token
// has and which takes a digest; CKM_SHA256_RSA_PKCS would want the message. Ed25519 signs
// by CKM_EDDSA (PKCS#11 v3.0 section 2.3.14) over the digest, as RFC 8463 section 3 has it.
#include <fmt/format.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/public_key.h"
#include "policy/backends/pkcs11/library.h"
#include "policy/backends/pkcs11/token.h"
#include "policy/backends/pkcs11_module.h"
#include "policy/base/guarded.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"

namespace milterward::backends::pkcs11 {
namespace {

using ports::SigningAlgorithm;
using ports::SigningFault;

/// DER of DigestInfo for SHA-256, up to the digest (RFC 8017 section 9.2, note 1).
constexpr std::string_view digest_info{
    "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19};
constexpr std::size_t ed25519_point = 32;

/// DER: an identifier octet, the length, the content.
std::string der(char identifier, std::string_view content) {
  std::string length;
  for (auto left = content.size(); left > 0; left >>= 8)
    length.insert(length.begin(), static_cast<char>(left & 0xff));
  const bool is_short = content.size() < 0x80;
  std::string text{identifier};
  if (is_short)
    text += static_cast<char>(content.size());
  else
    text += static_cast<char>(0x80 | length.size()) + length;
  return text.append(content);
}

std::string der_integer(std::string_view octets) {
  const auto first = std::min(octets.find_first_not_of('\0'), octets.size());
  std::string value{octets.substr(first)};
  if (value.empty() || (value.front() & 0x80) != 0) value.insert(value.begin(), '\0');
  return der(0x02, value);
}

/// What C_SignInit can be told of a key, and what receivers are to verify by.
struct KeyOfToken {
  SigningAlgorithm algorithm{};
  auth::PublicKey public_key;
};

class TokenKey final : public ports::PrivateKey {
 public:
  TokenKey(std::shared_ptr<Token> token, KeyName name, KeyOfToken key)
      : token_(std::move(token)), name_(std::move(name)), key_(std::move(key)) {}

  SigningAlgorithm algorithm() const noexcept override { return key_.algorithm; }
  unsigned bits() const noexcept override { return key_.public_key.bits(); }
  std::string public_record() const override {
    return auth::encode_base64(key_.public_key.record_octets());
  }
  Result<std::string, SigningFault> sign(std::string_view digest) const override {
    auto signature = try_to_sign(digest);
    if (signature) return std::move(*signature);
    switch (signature.fault().kind) {
      case TokenFault::Kind::away:
        return Unexpected{SigningFault::no_token};
      case TokenFault::Kind::key:
        return Unexpected{SigningFault::bad_key};
    }
    unreachable();
  }
  Result<std::string, TokenFault> try_to_sign(std::string_view digest) const {
    switch (key_.algorithm) {
      case SigningAlgorithm::rsa_sha256:
        return token_->sign(name_, CKM_RSA_PKCS,
                            std::string{digest_info} + std::string{digest});
      case SigningAlgorithm::ed25519_sha256:
        return token_->sign(name_, CKM_EDDSA, digest);
    }
    unreachable();
  }
  /// Do both halves belong together, and may the key sign?
  std::optional<std::string> fault() const {
    const std::string digest(32, 'd');
    const auto signature = try_to_sign(digest);
    if (!signature) return "it does not sign: " + signature.fault().reason;
    if (!key_.public_key.verifies(digest, *signature))
      return "its public key in the token is another one's";
    return std::nullopt;
  }

 private:
  std::shared_ptr<Token> token_;
  KeyName name_;
  KeyOfToken key_;
};

/// What the token tells of a key, gathered in one session.
struct Told {
  std::size_t keys = 0;  // that the URI fits
  std::optional<std::string> type, label, id, modulus, exponent, point, asks_each_time;
};

class Gathering {
 public:
  Gathering(Library& library, CK_SESSION_HANDLE session)
      : library_(library), session_(session) {}

  CK_RV gather(const conf::Pkcs11Uri& uri, Told& told) const {
    const auto keys = find(library_, session_, {CKO_PRIVATE_KEY, uri.object, uri.id});
    if (!keys) return keys.fault();
    told.keys = keys->size();
    if (told.keys != 1) return CKR_OK;
    const auto key = keys->front();
    told.type = get(key, CKA_KEY_TYPE);
    told.label = get(key, CKA_LABEL);
    told.id = get(key, CKA_ID);
    told.asks_each_time = get(key, CKA_ALWAYS_AUTHENTICATE);
    told.modulus = get(key, CKA_MODULUS);
    told.exponent = get(key, CKA_PUBLIC_EXPONENT);
    const bool has_id = told.id && !told.id->empty();
    const auto publics = find(library_, session_,
                              {CKO_PUBLIC_KEY, has_id ? std::nullopt : told.label,
                               has_id ? told.id : std::nullopt});
    if (!publics) return publics.fault();
    if (publics->size() != 1) return CKR_OK;
    if (!told.modulus) told.modulus = get(publics->front(), CKA_MODULUS);
    if (!told.exponent) told.exponent = get(publics->front(), CKA_PUBLIC_EXPONENT);
    told.point = get(publics->front(), CKA_EC_POINT);
    return CKR_OK;
  }

 private:
  std::optional<std::string> get(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
    return attribute(library_, session_, object, type);
  }
  Library& library_;
  CK_SESSION_HANDLE session_;
};

constexpr std::string_view no_public_half =
    "there is no public key of the same id (or label) in the token, of which its record "
    "would be made; put it there";

Result<KeyOfToken, std::string> made_of(SigningAlgorithm algorithm, std::string octets) {
  auth::KeyRecord record;
  record.type = auth::type_for(algorithm);
  record.public_key = std::move(octets);
  auto key = auth::PublicKey::decode(record);
  if (!key) return Unexpected{fmt::format("its public key: {}", to_text(key.fault()))};
  return KeyOfToken{algorithm, std::move(*key)};
}

Result<KeyOfToken, std::string> key_of(const Told& told) {
  CK_KEY_TYPE type = CKK_VENDOR_DEFINED;
  if (told.type && told.type->size() == sizeof type)
    std::copy_n(told.type->data(), sizeof type, reinterpret_cast<char*>(&type));
  if (told.asks_each_time && *told.asks_each_time == std::string(1, CK_TRUE))
    return Unexpected{std::string{
        "it wants its PIN at each signature (CKA_ALWAYS_AUTHENTICATE); use another key"}};
  if (type == CKK_RSA) {
    if (!told.modulus || !told.exponent) return Unexpected{std::string{no_public_half}};
    return made_of(SigningAlgorithm::rsa_sha256,
                   der(0x30, der_integer(*told.modulus) + der_integer(*told.exponent)));
  }
  if (type != CKK_EC_EDWARDS)
    return Unexpected{std::string{"neither an RSA nor an Ed25519 key"}};
  if (!told.point) return Unexpected{std::string{no_public_half}};
  // An OCTET STRING in DER; some tokens leave its head out.
  std::string_view point{*told.point};
  if (point.size() == ed25519_point + 2 && point.starts_with("\x04\x20"))
    point.remove_prefix(2);
  if (point.size() != ed25519_point)
    return Unexpected{std::string{"an Edwards key that is not Ed25519"}};
  return made_of(SigningAlgorithm::ed25519_sha256, std::string{point});
}

std::string counted(std::size_t count, std::string_view what, std::string_view way_out) {
  return count == 0 ? fmt::format("no {} fits it", what)
                    : fmt::format("several {}s fit it; {}", what, way_out);
}

void warn_of_short_key(const Told& told, const TokenKey& key) {
  if (key.algorithm() != SigningAlgorithm::rsa_sha256 ||
      key.bits() >= ports::recommended_rsa_bits)
    return;
  log_event(Event::config_warning,
            {{"config", told.label.value_or("")},
             {"reason", fmt::format("RSA key of {} bits; receivers expect {} (RFC 8301)",
                                    key.bits(), ports::recommended_rsa_bits)}});
}

class LibraryTokens final : public Tokens {
 public:
  LibraryTokens(Library& library, conf::Pkcs11Settings settings, ReadPin read_pin)
      : library_(library), settings_(std::move(settings)), read_pin_(std::move(read_pin)) {}

  Result<std::shared_ptr<const ports::PrivateKey>, std::string> load(
      const conf::Pkcs11Uri& uri) override {
    const auto token = token_for(uri);
    if (!token) return Unexpected{token.fault()};
    Told told;
    if (const auto fault = (*token)->with_session([&](Session& session) {
          return Gathering{library_, session.handle}.gather(uri, told);
        }))
      return Unexpected{fault->reason};
    if (told.keys != 1)
      return Unexpected{counted(told.keys, "private key", "name both object and id") +
                        (read_pin_ ? ""
                                   : "; without pkcs11.pin_file private keys are not "
                                     "seen in most tokens")};
    auto key = key_of(told);
    if (!key) return Unexpected{key.fault()};
    auto made = std::make_shared<const TokenKey>(*token, KeyName{told.label, told.id},
                                                 std::move(*key));
    if (auto fault = made->fault()) return Unexpected{std::move(*fault)};
    warn_of_short_key(told, *made);
    return std::shared_ptr<const ports::PrivateKey>{std::move(made)};
  }

 private:
  using TokenPtr = std::shared_ptr<Token>;
  using Known = std::vector<TokenPtr>;

  Result<TokenPtr, std::string> token_for(const conf::Pkcs11Uri& uri) {
    // Nobody asks for slots while the library begins anew, whoever else uses it.
    static std::mutex one_at_a_time;
    const std::lock_guard lock{one_at_a_time};
    return known_.with([&](Known& known) -> Result<TokenPtr, std::string> {
      auto found = tokens_for(uri);
      if (found && found->empty() && Token::count() == 0) {
        const auto answer = begin_anew(library_);
        if (answer != CKR_OK) return Unexpected{to_text(answer)};
        found = tokens_for(uri);
      }
      if (!found) return Unexpected{to_text(found.fault())};
      if (found->size() != 1)
        return Unexpected{
            counted(found->size(), "token",
                    "name one by its serial, as p11tool --list-tokens shows")};
      const auto& meant = found->front();
      const auto met = std::ranges::find_if(
          known, [&](const TokenPtr& token) { return token->identity() == meant; });
      if (met != known.end()) return *met;
      return known.emplace_back(
          std::make_shared<Token>(library_, meant, settings_, read_pin_));
    });
  }

  Result<std::vector<TokenIdentity>, Answer> tokens_for(const conf::Pkcs11Uri& uri) const {
    const auto tokens = tokens_of(library_);
    if (!tokens) return Unexpected{tokens.fault()};
    std::vector<TokenIdentity> meant;
    for (const auto& token : *tokens)
      if (is_meant(uri, token.identity)) meant.push_back(token.identity);
    return meant;
  }

  Library& library_;
  const conf::Pkcs11Settings settings_;
  const ReadPin read_pin_;
  Guarded<Known> known_;
};

Result<std::shared_ptr<Tokens>, std::string> open(const conf::Pkcs11Settings& settings,
                                                  ReadPin read_pin) {
  const auto library = load_library(settings.module);
  if (!library) return Unexpected{library.fault()};
  return std::shared_ptr<Tokens>{
      std::make_shared<LibraryTokens>(**library, settings, std::move(read_pin))};
}

}  // namespace
}  // namespace milterward::backends::pkcs11

extern "C" {
extern const milterward::backends::Pkcs11Module milterward_pkcs11;
const milterward::backends::Pkcs11Module milterward_pkcs11{
    MILTERWARD_VERSION, milterward::backends::pkcs11::open};
}
