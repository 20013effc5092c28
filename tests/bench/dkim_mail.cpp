// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/dkim_mail.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "conf/keys.h"
#include "policy/auth/dkim/canonical.h"
#include "policy/auth/dkim/message_hash.h"
#include "policy/auth/dkim/signature.h"
#include "policy/sign/private_key.h"
#include "policy/sign/request.h"

namespace milterward::bench {
namespace {

constexpr std::size_t small_mail_octets = 2048;
constexpr std::size_t large_body_octets = 1024 * 1024;
constexpr std::size_t line_octets = 76;

std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out{BIO_new(BIO_s_mem()),
                                                          &BIO_free_all};
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1)
    throw std::runtime_error("OpenSSL writes no key");
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Key key_of(EVP_PKEY* generated, const std::string& type) {
  if (generated == nullptr) throw std::runtime_error("OpenSSL makes no key");
  Key key;
  key.loaded = {generated, EVP_PKEY_free};
  key.pem = pem_of(generated);
  key.ours = sign::parse_private_key(key.pem).value();
  key.record = "v=DKIM1; k=" + type + "; p=" + key.ours->public_record();
  return key;
}

/// Words of 1 to 9 letters in lines that are full.
std::string text_of(std::size_t octets) {
  constexpr std::string_view letters = "etaoinshrdlucmfwypvbgkjqxz";
  std::string text;
  std::size_t column = 0;
  for (std::size_t word = 0; text.size() < octets; ++word) {
    const auto size = 1 + word * 7 % 9;
    if (column + 1 + size > line_octets) {
      text += "\r\n";
      column = 0;
    } else if (column > 0) {
      text += ' ';
      ++column;
    }
    for (std::size_t i = 0; i < size; ++i) text += letters[(word * 5 + i * i) % 26];
    column += size;
  }
  text.resize(octets - 2);
  return text + "\r\n";
}

/// Lines of a pattern over and over.
std::string lines_of(std::string_view pattern) {
  std::string line;
  while (line.size() + pattern.size() <= line_octets) line += pattern;
  line += "x\r\n";
  std::string text;
  while (text.size() < large_body_octets) text += line;
  return text;
}

class AtHand final : public ports::Pending::State {
 public:
  explicit AtHand(std::string text) {
    auto answer = std::make_shared<ports::DnsAnswer>();
    answer->outcome = ports::DnsOutcome::found;
    answer->texts.push_back(std::move(text));
    answer->expires = SteadyTime::max();
    answer_ = std::move(answer);
  }
  ports::DnsResult wait(Deadline) override { return answer_; }

 private:
  std::shared_ptr<const ports::DnsAnswer> answer_;
};

}  // namespace

Key rsa_key() {
  return key_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}), "rsa");
}

Key ed25519_key() {
  return key_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "ed25519");
}

Mail small_mail() {
  Mail mail;
  mail.headers = {
      {"Received",
       " from client.example.net (client.example.net [192.0.2.7])\n"
       "\tby mx.example.com (Postfix) with ESMTPSA id 4XyZ1a2b3cz9s\n"
       "\tfor <jane@example.org>; Thu, 26 Nov 2026 12:00:00 +0000 (UTC)"},
      {"Message-ID", " <20261126120000.4XyZ1a2b3cz9s@example.com>"},
      {"Date", " Thu, 26 Nov 2026 13:00:00 +0100"},
      {"MIME-Version", " 1.0"},
      {"User-Agent", " Mozilla Thunderbird"},
      {"Subject", " Minutes of the meeting, and what is left to do until Friday"},
      {"To", " Jane Roe <jane@example.org>, Richard Roe <richard@example.org>"},
      {"References", " <1.a@example.org>\n <2.b@example.com>\n <3.c@example.org>"},
      {"In-Reply-To", " <3.c@example.org>"},
      {"From", " Joe Doe <joe@example.com>"},
      {"Content-Type", " text/plain; charset=UTF-8; format=flowed"},
      {"Content-Transfer-Encoding", " 8bit"}};
  std::size_t header = 2;
  for (const auto& field : mail.headers)
    header += field.name.size() + 1 + auth::with_crlf_folds(field.value).size() + 2;
  mail.body = text_of(small_mail_octets - header);
  return mail;
}

std::string mail_text() { return text_of(large_body_octets); }
std::string alternating_blanks() { return lines_of("x y\tz w\t"); }
std::string double_blanks() { return lines_of("x  "); }

ports::SigningRequest request_for(const Key& key) {
  conf::SigningKey settings{};
  conf::set_fallbacks(settings, conf::signing_key_table().keys);
  settings.domain = Domain::parse("example.com").value();
  settings.selector = "bench";
  const sign::Departure departure{sign::Mta::postfix, "", ""};
  return sign::request_for({settings, key.ours},
                           sign::leaving_header(departure, small_mail().headers),
                           SystemClock{}.today());
}

HashedOctets hashed_octets(const Mail& mail, const RawHeader& signature) {
  const auto read = auth::parse_signature(signature.value, SystemClock{}.today()).value();
  HashedOctets octets;
  auth::CanonicalBody body{read.body_form,
                           [&](std::string_view part) { octets.body += part; }};
  body.feed(mail.body);
  body.finish();
  auth::CanonicalHeader header{read.header_form};
  for (const auto* field :
       auth::FieldIndex{mail.headers}.select(read.signed_names, nullptr))
    header.append(field->name, field->value);
  // b= comes last in what we sign.
  header.append(signature.name, signature.value.substr(0, signature.value.rfind("b=") + 2));
  octets.header = header.text().substr(0, header.text().size() - 2);
  return octets;
}

OneRecord::OneRecord(std::string text)
    : answer_(std::make_shared<AtHand>(std::move(text))) {}

}  // namespace milterward::bench
