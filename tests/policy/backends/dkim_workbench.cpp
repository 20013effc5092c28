// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/dkim_workbench.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <stdexcept>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/native_verifier.h"
#include "policy/backends/opendkim_engine.h"
#include "policy/base/ascii.h"
#include "policy/sign/native_signer.h"
#include "policy/sign/private_key.h"

namespace milterward::tests {
namespace {

using ports::DkimFinding;
using ports::SigningAlgorithm;

std::string base64(std::string_view octets) {
  std::string text((octets.size() + 2) / 3 * 4 + 1, '\0');
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                    reinterpret_cast<const unsigned char*>(octets.data()),
                                    static_cast<int>(octets.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string sha256(std::string_view octets) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

using KeyPtr = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

KeyPtr make_key(const std::string& type, std::size_t bits) {
  KeyPtr key{type == "RSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)
                           : EVP_PKEY_Q_keygen(nullptr, nullptr, type.c_str()),
             EVP_PKEY_free};
  if (!key) throw std::runtime_error("no key of type " + type);
  return key;
}

std::shared_ptr<const ports::PrivateKey> parsed(const std::string& pem) {
  return sign::parse_private_key(pem).value();
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), with), at += with.size();
}

/// The value of a tag, found the simple way; "" when it is not there.
std::string tag_of(const std::string& tags, std::string_view name) {
  for (const auto spec : split(tags, ';')) {
    const auto equals = spec.find('=');
    if (equals != std::string_view::npos && trim(spec.substr(0, equals)) == name)
      return std::string{trim(spec.substr(equals + 1))};
  }
  return {};
}

std::string crlf_folds(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

/// White space of all kinds between the characters.
std::string folded(std::string_view text) {
  constexpr std::array<std::string_view, 4> spaces{" ", "\r\n\t", "\t ", "\n  "};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 7 == 3) out += spaces[i % spaces.size()];
    out += text[i];
  }
  return out;
}

/// The value of b= and the white space around it are not hashed. RFC 6376 section 3.7.
std::string without_signature(std::string value) {
  for (const std::string mark : {"{b}", "{b_folded}", "{b_wrong}"}) {
    const auto at = value.find(mark);
    if (at == std::string::npos) continue;
    auto begin = at;
    auto end = at + mark.size();
    while (is_fws(value[begin - 1])) --begin;
    while (end < value.size() && is_fws(value[end])) ++end;
    value.erase(begin, end - begin);
  }
  return value;
}

std::string signed_header_text(const Letter& letter, const std::string& tags,
                               bool relaxed) {
  std::string text;
  std::vector<bool> used(letter.headers.size(), false);
  const auto names = tag_of(tags, "h");
  for (const auto mention : split(names, ':')) {
    for (std::size_t i = letter.headers.size(); i-- > 0;) {
      if (used[i] || !letter.headers[i].is(trim(mention))) continue;
      used[i] = true;
      text += model_header(relaxed, letter.headers[i]);
      break;
    }
  }
  return text;
}

/// base64 of the RSAPublicKey inside the record of the RSA key.
std::string bare_rsa_record() {
  const auto record = auth::decode_base64(rsa_key()->public_record()).value();
  const auto* from = reinterpret_cast<const unsigned char*>(record.data());
  const KeyPtr key{d2i_PUBKEY(nullptr, &from, static_cast<long>(record.size())),
                   EVP_PKEY_free};
  std::string octets(static_cast<std::size_t>(i2d_PublicKey(key.get(), nullptr)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(octets.data());
  i2d_PublicKey(key.get(), &to);
  return base64(octets);
}

backends::OpendkimEngine opendkim_engine(conf::BodyLength rule) {
  const auto module = backends::open_opendkim_module();
  if (!module) throw std::runtime_error(module.fault().wrong);
  return (*module)->make_engine(rule);
}

}  // namespace

const FakeClock& clock_of_letters() {
  static const auto clock = [] {
    FakeClock still;
    still.set_today(std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch()));
    return still;
  }();
  return clock;
}

Letter letter_of(std::string_view text) {
  Letter letter;
  std::string body;
  bool in_body = false;
  for (auto line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (in_body) {
      body += std::string{line} + "\r\n";
    } else if (line.empty()) {
      in_body = true;
    } else if (is_wsp(line.front())) {
      letter.headers.back().value += "\n" + std::string{line};
    } else {
      const auto colon = line.find(':');
      letter.headers.push_back(
          {std::string{line.substr(0, colon)}, std::string{line.substr(colon + 1)}});
    }
  }
  if (text.ends_with('\n')) body.resize(body.size() - 2);
  letter.body = body;
  return letter;
}

Letter ordinary_letter() {
  return letter_of(
      "From: Joe <joe@example.com>\n"
      "To: Ann <ann@example.org>\n"
      "Subject: Dinner  at\n\teight\n"
      "Date: Fri, 11 Jul 2003 21:00:37 -0700\n"
      "Message-ID: <1@example.com>\n"
      "\n"
      "Hi  Ann.\n\n Are you hungry \t yet? \n\n\n");
}

const std::vector<VerifyingEngine>& verifying_engines() {
  static const std::vector<VerifyingEngine> engines{
      verifying_engine("native", conf::BodyLength::whole),
      verifying_engine("libopendkim", conf::BodyLength::whole)};
  return engines;
}

VerifyingEngine verifying_engine(const std::string& name, conf::BodyLength rule) {
  if (name == "native") return {name, std::make_shared<auth::NativeDkimVerifier>(rule)};
  return {name, opendkim_engine(rule).verifier};
}

std::ostream& operator<<(std::ostream& out, const VerifyingEngine& engine) {
  return out << engine.name;
}

const std::vector<SigningEngine>& signing_engines() {
  static const std::vector<SigningEngine> engines{
      {"native", std::make_shared<const sign::NativeDkimSigner>()},
      {"libopendkim", opendkim_engine(conf::BodyLength::whole).signer}};
  return engines;
}

std::ostream& operator<<(std::ostream& out, const SigningEngine& engine) {
  return out << engine.name;
}

std::string make_pem(const std::string& type, std::size_t bits) {
  const auto key = make_key(type, bits);
  const std::unique_ptr<BIO, int (*)(BIO*)> out{BIO_new(BIO_s_mem()), BIO_free};
  PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                nullptr);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::shared_ptr<const ports::PrivateKey> rsa_key() {
  static const auto key = parsed(make_pem("RSA", 2048));
  return key;
}

std::shared_ptr<const ports::PrivateKey> other_rsa_key() {
  static const auto key = parsed(make_pem("RSA", 1024));
  return key;
}

std::shared_ptr<const ports::PrivateKey> ed25519_key() {
  static const auto key = parsed(make_pem("ED25519", 0));
  return key;
}

std::string pem_of(const ports::PrivateKey& key) { return std::string{key.pem().view()}; }

std::string short_rsa_record() {
  static const auto record = [] {
    const auto key = make_key("RSA", 512);
    std::string octets(static_cast<std::size_t>(i2d_PUBKEY(key.get(), nullptr)), '\0');
    auto* to = reinterpret_cast<unsigned char*>(octets.data());
    i2d_PUBKEY(key.get(), &to);
    return base64(octets);
  }();
  return record;
}

std::string with_keys(std::string text) {
  replace_all(text, "{rsa}", rsa_key()->public_record());
  replace_all(text, "{rsa_bare}", bare_rsa_record());
  replace_all(text, "{other}", other_rsa_key()->public_record());
  replace_all(text, "{ed25519}", ed25519_key()->public_record());
  replace_all(text, "{short}", short_rsa_record());
  return text;
}

std::string usual_zone() {
  return with_keys(
      "sel._domainkey.example.com TXT v=DKIM1; k=rsa; p={rsa}\n"
      "ed._domainkey.example.com TXT v=DKIM1; k=ed25519; p={ed25519}\n");
}

std::string model_header(bool relaxed, const RawHeader& header) {
  const auto value = crlf_folds(header.value);
  if (!relaxed) return header.name + ":" + value + "\r\n";
  std::string unfolded = value;
  replace_all(unfolded, "\r\n", "");
  std::string words;
  for (const char c : unfolded) {
    if (!is_wsp(c))
      words += c;
    else if (!words.ends_with(' '))
      words += ' ';
  }
  if (words.starts_with(' ')) words.erase(0, 1);
  if (words.ends_with(' ')) words.pop_back();
  return to_lower(header.name) + ":" + words + "\r\n";
}

std::string model_body(bool relaxed, std::string_view body) {
  std::string text{body};
  if (!text.empty() && !text.ends_with("\r\n")) text += "\r\n";
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = text.find("\r\n", from);
    std::string line;
    for (const char c : text.substr(from, end - from)) {
      if (!relaxed || !is_wsp(c))
        line += c;
      else if (!line.ends_with(' '))
        line += ' ';
    }
    if (relaxed && line.ends_with(' ')) line.pop_back();
    out += line + "\r\n";
    from = end + 2;
  }
  while (out.ends_with("\r\n\r\n")) out.resize(out.size() - 2);
  if (out == "\r\n") out.clear();
  return out.empty() && !relaxed ? "\r\n" : out;
}

RawHeader crafted_signature(const Letter& letter, const std::string& tags,
                            const std::shared_ptr<const ports::PrivateKey>& rsa) {
  const auto form = tag_of(tags, "c");
  const bool header_relaxed = form.starts_with("relaxed");
  const bool body_relaxed = form.ends_with("/relaxed");
  auto body = model_body(body_relaxed, letter.body);
  auto length = tag_of(tags, "l");
  while (length.size() > 1 && length.front() == '0') length.erase(0, 1);
  if (!length.empty() && is_digit(length.front()))
    body.resize(std::min<std::size_t>(body.size(), std::stoull(length.substr(0, 15))));

  RawHeader field{"DKIM-Signature", " " + tags};
  const auto body_hash = base64(sha256(body));
  replace_all(field.value, "{bh}", body_hash);
  replace_all(field.value, "{bh_folded}", folded(body_hash));
  const RawHeader hashed{field.name, without_signature(field.value)};
  auto text = signed_header_text(letter, tags, header_relaxed) +
              model_header(header_relaxed, hashed);
  text.resize(text.size() - 2);
  const auto key = tag_of(tags, "a") == "ed25519-sha256" ? ed25519_key() : rsa;
  auto octets = key->sign(sha256(text)).value();
  replace_all(field.value, "{b}", base64(octets));
  replace_all(field.value, "{b_folded}", folded(base64(octets)));
  octets.back() = static_cast<char>(octets.back() ^ 1);
  replace_all(field.value, "{b_wrong}", base64(octets));
  return field;
}

std::vector<DkimFinding> findings_of(const ports::DkimVerifier& verifier,
                                     const Letter& letter, ports::Resolver& dns,
                                     const Clock& clock, std::size_t chunk) {
  const auto verification = verifier.begin(letter.headers, dns, clock);
  for (std::size_t at = 0; at < letter.body.size(); at += chunk)
    verification->body(std::string_view{letter.body}.substr(at, chunk));
  return verification->finish(Deadline::after(clock, std::chrono::seconds{5}));
}

std::string brief(const std::vector<DkimFinding>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    if (!text.empty()) text += "\n";
    text += ports::to_text(finding.result);
    if (!finding.reason.empty()) text += ": " + finding.reason;
  }
  return text.empty() ? "none" : text;
}

std::vector<RawHeader> signed_by(const ports::DkimSigner& signer, const Letter& letter,
                                 std::vector<ports::SigningRequest> requests,
                                 std::size_t chunk) {
  const auto signing = signer.begin(letter.headers, std::move(requests));
  for (std::size_t at = 0; at < letter.body.size(); at += chunk)
    signing->body(std::string_view{letter.body}.substr(at, chunk));
  auto fields = signing->finish();
  if (!fields) throw std::runtime_error(std::string{to_text(fields.fault())});
  return std::move(fields).value();
}

ports::SigningRequest usual_request(std::shared_ptr<const ports::PrivateKey> key,
                                    std::string selector) {
  ports::SigningRequest request;
  request.key = std::move(key);
  request.domain = Domain::parse("example.com").value();
  request.selector = std::move(selector);
  request.oversigned = {"From", "To", "Cc", "Subject", "Date", "Message-ID"};
  request.signed_if_there = {"List-Id", "References"};
  request.signed_at = clock_of_letters().today();
  return request;
}

}  // namespace milterward::tests
