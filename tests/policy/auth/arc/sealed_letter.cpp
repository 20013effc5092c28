// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/auth/arc/sealed_letter.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/message_hash.h"
#include "policy/base/ascii.h"
#include "policy/sign/arc_seal.h"
#include "policy/sign/private_key.h"

namespace milterward::tests {
namespace {

constexpr std::chrono::seconds patience{20};

RawHeader field_of(std::string_view line) {
  const auto colon = line.find(':');
  return {std::string{line.substr(0, colon)}, std::string{line.substr(colon + 1)}};
}

std::string record_of(const std::string& domain, const std::string& key) {
  return fmt::format("sel._domainkey.{} TXT v=DKIM1; k={}; p={}", domain, key,
                     arc_key(key)->public_record());
}

std::string with_keys(std::string zone) {
  const std::string mark = "{ed25519}";
  if (const auto at = zone.find(mark); at != std::string::npos)
    zone.replace(at, mark.size(), arc_key("ed25519")->public_record());
  return zone;
}

/// "ARC-Seal 2" is the field of that name whose text has "i=2".
bool is_field(const RawHeader& header, std::string_view field) {
  const auto gap = field.rfind(' ');
  const auto mark = " i=" + std::string{field.substr(gap + 1)};
  const auto at = header.value.find(mark);
  return header.is(field.substr(0, gap)) && at != std::string::npos &&
         !is_digit(header.value.c_str()[at + mark.size()]);
}

}  // namespace

std::shared_ptr<const ports::PrivateKey> arc_key(const std::string& name) {
  for (const auto& c : read_cases("auth/arc/keys.cases"))
    if (c["name"] == name) return sign::parse_private_key(c["pem"] + "\n").value();
  throw std::runtime_error("no key " + name);
}

ports::SigningRequest arc_request(const std::string& domain) {
  ports::SigningRequest request;
  request.key = arc_key("rsa");
  request.domain = Domain::parse(domain).value();
  request.selector = "sel";
  request.oversigned = {"From"};
  request.signed_if_there = {"To", "Subject", "List-Id", "Authentication-Results"};
  request.signed_at = FakeClock{}.today();
  return request;
}

SealedLetter::SealedLetter(const Case& c)
    : headers_{{"From", " Joe <joe@author.example>"},
               {"To", " list@list.example"},
               {"Subject", " tea\r\n and biscuits"}},
      body_{"Hello,\r\n\r\nis there  any tea?\r\n"} {
  const auto sealers = c.get("sealers");
  std::size_t number = 0;
  for (const auto line : split(sealers, '\n')) {
    if (trim(line).empty()) continue;
    const std::string domain{line.substr(0, line.find(' '))};
    const std::string key = line.ends_with(" ed") ? "ed25519" : "rsa";
    ++number;
    const auto found = validated().result;
    for (const auto& between : c.all("between"))
      if (std::stoul(between) == number) {
        const auto field = field_of(between.substr(between.find(' ') + 1));
        for (auto& header : headers_)
          if (header.is(field.name)) header = field;
      }
    dns_->add(record_of(domain, key));
    seal_as(domain, key, found);
  }
  if (c.has("zone")) dns_ = std::make_unique<FakeResolver>(with_keys(c["zone"]));
  for (const auto& order : c.all("change")) change(order);
  for (const auto& field : c.all("renew")) renew(field);
  for (const auto& field : c.all("repeat")) {
    const auto copy = headers_[place_of(field)];
    headers_.insert(headers_.begin(), copy);
  }
  for (const auto& field : c.all("drop"))
    headers_.erase(headers_.begin() + static_cast<std::ptrdiff_t>(place_of(field)));
  for (const auto& line : c.all("add"))
    headers_.insert(headers_.begin(), field_of(unescaped(line)));
  body_ += unescaped(c.get("later_body"));
}

auth::ArcFinding SealedLetter::validated(std::size_t chunk) {
  auth::ArcValidation validation{headers_, *dns_, clock_};
  for (std::size_t at = 0; at < body_.size(); at += chunk)
    validation.body(std::string_view{body_}.substr(at, chunk));
  return validation.finish(Deadline::after(clock_, patience));
}

bool SealedLetter::seal(const std::string& domain, const std::string& key) {
  return seal_as(domain, key, validated().result);
}

bool SealedLetter::seal_as(const std::string& domain, const std::string& key,
                           auth::ArcResult found) {
  auto request = arc_request(domain);
  request.key = arc_key(key);
  sign::ArcSealing sealing{std::move(request)};
  sealing.body(body_);
  const auto fields =
      sealing.finish(headers_, found, fmt::format("{}; arc={}", domain, to_text(found)));
  headers_.insert(headers_.begin(), fields.value().begin(), fields.value().end());
  return !fields.value().empty();
}

std::size_t SealedLetter::place_of(std::string_view field) const {
  for (std::size_t i = 0; i < headers_.size(); ++i)
    if (is_field(headers_[i], field)) return i;
  throw std::runtime_error("no field " + std::string{field});
}

bool SealedLetter::has(std::string_view field) const {
  return std::ranges::any_of(
      headers_, [&](const RawHeader& header) { return is_field(header, field); });
}

const std::string& SealedLetter::value(std::string_view field) const {
  return headers_[place_of(field)].value;
}

void SealedLetter::change(std::string_view order) {
  const auto parts = split(order, '|');
  if (parts.size() != 3) throw std::runtime_error("change: " + std::string{order});
  auto& value = headers_[place_of(trim(parts[0]))].value;
  const auto old = unescaped(trim(parts[1]));
  const auto at = value.find(old);
  if (at == std::string::npos) throw std::runtime_error("no " + old + " in " + value);
  value.replace(at, old.size(), unescaped(trim(parts[2])));
}

void SealedLetter::renew(std::string_view name) {
  const auto chain = auth::read_chain(headers_, clock_.today());
  auto& field = headers_[place_of(name)];
  std::string digest;
  for (std::size_t i = 0; i < chain.sets.size(); ++i) {
    const auto& set = chain.sets[i];
    if (&headers_[set.seal_field] == &field)
      digest = auth::header_digest(auth::Canonicalization::relaxed,
                                   auth::sealed_fields(headers_, chain.sets, i), field);
    if (&headers_[set.message_field] == &field && set.message)
      digest = auth::header_digest(
          set.message->signature.header_form,
          auth::FieldIndex{headers_}.select(set.message->signature.signed_names, &field),
          field);
  }
  if (digest.empty()) throw std::runtime_error(chain.fault + ": cannot renew");
  const auto begin = field.value.find(" b=") + 3;
  field.value.replace(begin, field.value.find(';', begin) - begin,
                      auth::encode_base64(arc_key("rsa")->sign(digest).value()));
}

}  // namespace milterward::tests
