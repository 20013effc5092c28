// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/signatures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "policy/auth/dkim/public_key.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/sign/key_choice.h"

namespace milterward::doctor {
namespace {

using auth::KeyRecordFault;
using ports::DnsType;

constexpr Kind dkim_unanswered{"dkim.unanswered", Severity::unknown,
                               "Whether our signatures verify is not known."};
constexpr Kind unsigned_mail{"dkim.unsigned", Severity::fault,
                             "Large receivers want DKIM of those who send much; without it "
                             "nothing proves the author "
                             "of mail that is forwarded, and DMARC then fails."};
constexpr Kind selectors_unknown{
    "dkim.selectors_unknown", Severity::unknown,
    "DNS shows a key only to who knows its selector, so nothing can be said of them."};
constexpr Kind key_unusable{
    "dkim.key_unusable", Severity::fault,
    "What the daemon cannot read it cannot sign with; sign.on_missing_key "
    "says what mail meets then."};
constexpr Kind dkim_no_record{
    "dkim.no_record", Severity::fault,
    "A signature without its key in DNS is a permerror: worth as much as "
    "none, and a sign of carelessness."};
constexpr Kind dkim_several_records{
    "dkim.several_records", Severity::fault,
    "With several records at a selector the result is undefined "
    "(RFC 6376 section 3.6.2.2); "
    "verifiers differ in which they take."};
constexpr Kind revoked{"dkim.revoked", Severity::fault,
                       "A record with an empty p= says that the key is revoked (RFC 6376 "
                       "section 3.6.1): signatures by it fail."};
constexpr Kind malformed{
    "dkim.malformed", Severity::fault,
    "A key record that cannot be read is a permerror: signatures by this "
    "key prove nothing."};
constexpr Kind other_key{"dkim.other_key", Severity::fault,
                         "DNS shows another key than the one we sign with: every signature "
                         "fails, which is worse than none."};
constexpr Kind testing{
    "dkim.testing", Severity::fault,
    "A key in test mode (t=y) tells receivers to treat signed mail as if it "
    "were not signed (RFC 6376 section 3.6.1)."};
constexpr Kind short_key{
    "dkim.short_key", Severity::advice,
    "RSA keys should have 2048 bits (RFC 8301 section 3.2); shorter ones "
    "can be broken, and some receivers mark them down."};
constexpr Kind too_short_key{
    "dkim.too_short_key", Severity::fault,
    "Verifiers do not accept RSA keys of less than 1024 bits (RFC 8301 "
    "section 3.2)."};
constexpr Kind not_for_us{
    "dkim.not_for_us", Severity::fault,
    "The record's own tags exclude the signatures that we make, which "
    "are then a permerror (RFC 6376 section 3.6.1)."};

/// Where a key is looked for, and what should be there.
struct Place {
  std::string selector;
  Domain domain;
  const sign::RingKey* key = nullptr;  // null: held elsewhere
  std::shared_ptr<const ports::PrivateKey> secret = {};

  std::string name() const {
    return fmt::format("{}._domainkey.{}", selector, domain.name());
  }
  /// The record to publish; none for keys that are held elsewhere.
  std::vector<Record> record() const {
    if (!secret) return {};
    const bool is_rsa = secret->algorithm() == ports::SigningAlgorithm::rsa_sha256;
    return {{name(), DnsType::txt,
             fmt::format("v=DKIM1; k={}; p={}", is_rsa ? "rsa" : "ed25519",
                         secret->public_record())}};
  }
};

bool looks_like_key(std::string_view text) {
  return starts_with_ignoring_case(text, "v=dkim1") ||
         text.find("p=") != std::string_view::npos;
}

const Kind& kind_of(KeyRecordFault fault) {
  switch (fault) {
    case KeyRecordFault::revoked:
      return revoked;
    case KeyRecordFault::malformed:
    case KeyRecordFault::version_not_first:
    case KeyRecordFault::unknown_version:
    case KeyRecordFault::unknown_type:
    case KeyRecordFault::no_key:
    case KeyRecordFault::bad_base64:
      return malformed;
  }
  unreachable();
}

class DkimExamination {
 public:
  explicit DkimExamination(Examination& examination) : examination_(examination) {}

  DkimStanding examine(bool sends_nothing) {
    const auto places = places_to_look();
    for (const auto& place : places) examination_.ask_early(place.name(), DnsType::txt);
    for (const auto& place : places)
      if (is_sound(place)) note_signer(place.domain);
    if (places.empty() && !sends_nothing)
      examination_.find(
          has_no_keys() ? unsigned_mail : selectors_unknown,
          "nothing here signs for the domain", {},
          fmt::format(
              "make a key by milterward keygen {} and name it in [[sign.key]], or, where "
              "another host signs, name its selector with --selector",
              examination_.domain()));
    return std::move(standing_);
  }

 private:
  /// DNS tells it of all selectors together: where there is no name, there is none below it
  /// (RFC 8020).
  bool has_no_keys() {
    const auto answer =
        examination_.look_up("_domainkey." + examination_.domain(), DnsType::txt);
    return answer && (*answer)->outcome == ports::DnsOutcome::no_domain;
  }

  std::vector<Place> places_to_look() const {
    const auto& patient = examination_.patient();
    std::vector<Place> places;
    for (const auto* key : sign::keys_for(*patient.keys, patient.domain))
      places.push_back({key->settings.selector, key->settings.domain, key,
                        key->key ? *key->key : nullptr});
    for (const auto& selector : patient.selectors) {
      const Place place{selector, patient.domain};
      if (std::ranges::find(places, place.name(), &Place::name) == places.end())
        places.push_back(place);
    }
    return places;
  }

  void note_signer(const Domain& domain) {
    auto& signers = standing_.signers;
    if (std::ranges::find(signers, domain) == signers.end()) signers.push_back(domain);
  }

  /// Would a signature by this key verify?
  bool is_sound(const Place& place) {
    const bool can_sign = place.key == nullptr || place.key->key.has_value();
    if (!can_sign)
      examination_.find(key_unusable,
                        fmt::format("the key of selector {} cannot be used: {}",
                                    place.selector, place.key->key.fault().reason),
                        {}, "mend the file that [[sign.key]] names");
    const auto answer = examination_.look_up(place.name(), DnsType::txt);
    if (!answer) {
      standing_.is_known = false;
      examination_.find_unanswered(dkim_unanswered, place.name(), DnsType::txt,
                                   answer.fault());
      return false;
    }
    auto texts = (*answer)->texts;
    if (texts.size() > 1)
      std::erase_if(texts, [](const auto& text) { return !looks_like_key(text); });
    if (texts.size() > 1) {
      examination_.find(dkim_several_records,
                        fmt::format("{} has {} key records", place.name(), texts.size()),
                        place.record(), "and remove the others");
      return false;
    }
    if (texts.empty()) {
      examination_.find(
          dkim_no_record, fmt::format("{} has no key record", place.name()), place.record(),
          place.secret ? "" : "publish the record that was made with the key");
      return false;
    }
    return is_sound_record(place, texts.front()) && can_sign;
  }

  bool is_sound_record(const Place& place, const std::string& text) {
    const auto record = auth::parse_key_record(text);
    if (!record) {
      examination_.find(
          kind_of(record.fault()),
          fmt::format("{}: {} (\"{}\")", place.name(), to_text(record.fault()),
                      quote(text)),
          place.record(),
          place.secret ? "" : "publish the record that was made with the key");
      return false;
    }
    const auto key = auth::PublicKey::decode(*record);
    if (!key) {
      const bool is_short = key.fault() == auth::PublicKeyFault::too_small;
      examination_.find(is_short ? too_short_key : malformed,
                        fmt::format("{}: {}", place.name(), to_text(key.fault())),
                        place.record(),
                        is_short ? "make a key of 2048 bits under a new selector" : "");
      return false;
    }
    if (place.secret && !is_the_public_half(*record, *key, *place.secret)) {
      examination_.find(other_key,
                        fmt::format("the key at {} is not that of {}", place.name(),
                                    place.key->settings.file),
                        place.record(), "or sign with the key that belongs to it");
      return false;
    }
    judge_length(place, *record, *key);
    return is_usable(place, *record);
  }

  static bool is_the_public_half(const auth::KeyRecord& record, const auth::PublicKey& key,
                                 const ports::PrivateKey& secret) {
    auth::KeyRecord own;
    own.type = auth::type_for(secret.algorithm());
    if (own.type != record.type) return false;
    const auto parsed = auth::parse_key_record("p=" + secret.public_record());
    if (!parsed) return false;
    own.public_key = parsed->public_key;
    const auto ours = auth::PublicKey::decode(own);
    return ours && ours->record_octets() == key.record_octets();
  }

  void judge_length(const Place& place, const auth::KeyRecord& record,
                    const auth::PublicKey& key) {
    if (record.type != auth::KeyType::rsa || key.bits() >= ports::recommended_rsa_bits)
      return;
    examination_.find(
        short_key, fmt::format("the key at {} has {} bits", place.name(), key.bits()), {},
        "make a key of 2048 bits under a new selector, publish it, then sign "
        "with it");
  }

  bool is_usable(const Place& place, const auth::KeyRecord& record) {
    std::string why;
    if (!record.is_for_mail) why = "its s= does not name mail";
    if (!record.accepts_sha256) why = "its h= does not allow sha256";
    if (record.forbids_subdomains && place.key != nullptr && names_subdomain(*place.key))
      why = fmt::format("its t=s forbids i={}", place.key->settings.identity);
    if (!why.empty())
      examination_.find(not_for_us, fmt::format("{}: {}", place.name(), why),
                        place.record());
    if (record.is_testing)
      examination_.find(testing, fmt::format("the key at {} is in test mode", place.name()),
                        place.record(), place.secret ? "" : "remove t=y from the record");
    return why.empty() && !record.is_testing;
  }

  /// Does its i= name another domain than its d=?
  static bool names_subdomain(const sign::RingKey& key) {
    const auto& identity = key.settings.identity;
    const auto at = identity.rfind('@');
    if (at == std::string::npos) return false;
    return !equal_ignoring_case(std::string_view{identity}.substr(at + 1),
                                key.settings.domain.name());
  }

  Examination& examination_;
  DkimStanding standing_;
};

}  // namespace

DkimStanding examine_dkim(Examination& examination, bool sends_nothing) {
  return DkimExamination{examination}.examine(sends_nothing);
}

}  // namespace milterward::doctor
