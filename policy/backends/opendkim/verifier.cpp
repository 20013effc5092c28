// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/opendkim/verifier.h"

#include <fmt/format.h>
using _Bool = bool;  // NOLINT(bugprone-reserved-identifier): that header is C only
#include <opendkim/dkim.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/canonical.h"
#include "policy/auth/dkim/screening.h"
#include "policy/base/ascii.h"
#include "policy/base/c_boundary.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

using auth::Candidate;
using auth::Canonicalization;
using auth::Signature;
using ports::DkimFinding;
using ports::DkimResult;

// What it allows a clock to be wrong, in seconds; its arithmetic forgets that t= may be
// less.
constexpr std::uint64_t clock_drift = 300;
// The buffer it has for a key record, without the final NUL.
constexpr std::size_t key_text_limit = 1024;

const std::string signature_name = to_lower(auth::signature_field_name);

/// A name that no h= can contain, since nobody knew it when the message was written.
RawHeader guard_field() {
  std::random_device random;
  return {fmt::format("X-Guard-{:08x}{:08x}{:08x}{:08x}", random(), random(), random(),
                      random()),
          " end"};
}

std::string key_text(const auth::UsableKey& key) {
  const auto type = [&] {
    switch (key.key.type()) {
      case auth::KeyType::rsa:
        return "rsa";
      case auth::KeyType::ed25519:
        return "ed25519";
    }
    unreachable();
  }();
  return fmt::format("v=DKIM1; k={}; p={}", type,
                     auth::encode_base64(key.key.record_octets()));
}

/// The octets a body has after canonicalization.
class BodyLength {
 public:
  explicit BodyLength(Canonicalization form) : body_(form, [](std::string_view) {}) {}
  void feed(std::string_view chunk) { body_.feed(chunk); }
  std::uint64_t finish() {
    body_.finish();
    return body_.length();
  }

 private:
  auth::CanonicalBody body_;
};

class OpendkimVerification final : public ports::DkimVerification {
 public:
  OpendkimVerification(dkim_lib* library, const RawHeaders& headers, ports::Resolver& dns,
                       const Clock& clock, conf::BodyLength rule,
                       std::shared_ptr<auth::KeyCache> keys)
      : rule_(rule),
        screening_(auth::screen_signatures(headers, dns, clock)),
        key_cache_(std::move(keys)) {
    drop_what_cannot_be_fed(headers);
    if (!screening_.candidates.empty()) begin(library, headers);
    for (const auto& candidate : screening_.candidates)
      if (candidate.signature.body_length)
        lengths_.try_emplace(candidate.signature.body_form, candidate.signature.body_form);
  }

  void body(std::string_view chunk) override {
    if (screening_.candidates.empty() || chunk.empty()) return;
    feed(chunk);
    for (auto& [form, length] : lengths_) length.feed(chunk);
    for (const char c : chunk) {
      if ((c == '\n') != (last_ == '\r')) has_bare_line_end_ = true;
      last_ = c;
    }
  }

  std::vector<DkimFinding> finish(Deadline deadline) override {
    bool any = false;
    for (std::size_t i = 0; i < screening_.candidates.size(); ++i)
      any = prepare(i, deadline) || any;
    if (any) {
      // RFC 6376 section 3.4.3: a last line without CRLF gets one; libopendkim fails it.
      if (last_ != '\n') feed("\r\n");
      dkim_eom(handle_.get(), nullptr);
    }
    std::map<Canonicalization, std::uint64_t> lengths;
    for (auto& [form, length] : lengths_) lengths[form] = length.finish();
    for (std::size_t i = 0; i < keys_.size(); ++i)
      if (keys_[i]) set_finding(screening_.candidates[i], verdict_of(i, lengths));
    return std::move(screening_.findings);
  }

  static DKIM_CBSTAT look_up_key(DKIM* handle, DKIM_SIGINFO* info, unsigned char* buffer,
                                 std::size_t size) noexcept {
    return at_c_boundary("opendkim.key_lookup", DKIM_CBSTAT_ERROR, [&] {
      const auto* self =
          static_cast<const OpendkimVerification*>(dkim_get_user_context(handle));
      for (std::size_t i = 0; i < self->infos_.size(); ++i) {
        if (self->infos_[i] != info || !self->keys_[i]) continue;
        const auto text = key_text(*self->keys_[i]);
        if (text.size() >= size) break;
        std::ranges::copy(text, buffer);
        buffer[text.size()] = '\0';
        return DKIM_CBSTAT_CONTINUE;
      }
      return DKIM_CBSTAT_NOTFOUND;  // never DEFAULT: it would ask a resolver of its own
    });
  }

 private:
  void set_finding(const Candidate& candidate, DkimFinding finding) {
    screening_.findings[candidate.finding] = std::move(finding);
  }

  void drop_all(DkimResult result, const std::string& reason) {
    for (const auto& candidate : screening_.candidates)
      set_finding(candidate, candidate.signature.finding(result, reason));
    screening_.candidates.clear();
  }

  bool is_candidate(std::size_t field) const {
    return std::ranges::any_of(screening_.candidates, [&](const Candidate& candidate) {
      return candidate.field == field;
    });
  }

  /// The candidates, and what one of their h= names. Looked up in a set: a message may have
  /// a million fields, and each h= a thousand names.
  std::vector<const RawHeader*> fields_to_feed(const RawHeaders& headers) const {
    std::set<std::string> names;
    for (const auto& candidate : screening_.candidates)
      names.insert(candidate.signature.signed_names.begin(),
                   candidate.signature.signed_names.end());
    std::vector<const RawHeader*> fields;
    for (std::size_t i = 0; i < headers.size(); ++i)
      if (headers[i].is(auth::signature_field_name)
              ? is_candidate(i)
              : names.contains(to_lower(headers[i].name)))
        fields.push_back(&headers[i]);
    return fields;
  }

  /// What keeps a candidate from libopendkim, "" for nothing.
  std::string obstacle(const RawHeaders& headers, const Candidate& candidate) const {
    const auto& own = headers[candidate.field];
    if (std::ranges::any_of(own.value, [](char c) { return (c & 0x80) != 0; }))
      return "libopendkim reads no internationalized signatures";  // RFC 8616 section 5
    const auto& signature = candidate.signature;
    if (signature.signed_at.value_or(clock_drift) < clock_drift)
      return "libopendkim cannot read t=";  // and takes it for the far future
    const auto& local_part = signature.identity.substr(0, signature.identity.rfind('@'));
    if (local_part.find_first_of(std::string_view{"@\0", 2}) != std::string::npos)
      return "libopendkim cannot read i=";
    const std::set<std::string> names{signature.signed_names.begin(),
                                      signature.signed_names.end()};
    for (const auto& header : headers) {
      const bool can_be_fed = can_feed(header);
      const bool can_be_hashed =
          signature.header_form == Canonicalization::simple || !relaxes_wrongly(header);
      if ((can_be_fed && can_be_hashed) ||
          (&header != &own && !names.contains(to_lower(header.name))))
        continue;
      return can_be_fed ? "libopendkim cannot hash a control character in a signed field"
                        : "a signed field cannot be read by libopendkim";
    }

    // Signature fields that h= reaches, from the bottom: all fed, itself not among them.
    auto wanted = std::ranges::count(candidate.signature.signed_names, signature_name);
    for (std::size_t i = headers.size(); i-- > 0 && wanted > 0;) {
      if (!headers[i].is(auth::signature_field_name)) continue;
      if (i == candidate.field || !is_candidate(i))
        return "signs a signature field that libopendkim cannot select";
      --wanted;
    }
    return wanted > 0 ? "signs a signature field that is not there" : "";
  }

  void drop_what_cannot_be_fed(const RawHeaders& headers) {
    // Dropping one may leave another without a signature field it signs.
    for (bool dropped = true; dropped;) {
      dropped = false;
      for (std::size_t i = 0; i < screening_.candidates.size() && !dropped; ++i) {
        const auto& candidate = screening_.candidates[i];
        const auto why = obstacle(headers, candidate);
        if (why.empty()) continue;
        set_finding(candidate, candidate.signature.finding(DkimResult::neutral, why));
        screening_.candidates.erase(screening_.candidates.begin() +
                                    static_cast<std::ptrdiff_t>(i));
        dropped = true;
      }
    }
  }

  void begin(dkim_lib* library, const RawHeaders& headers) {
    const auto fed = fields_to_feed(headers);
    if (fed.size() > opendkim_field_count_limit)
      return drop_all(DkimResult::policy, "too many signed fields");

    DKIM_STAT status = DKIM_STAT_OK;
    handle_.reset(dkim_verify(library, reinterpret_cast<const unsigned char*>("message"),
                              nullptr, &status));
    if (!handle_) return drop_all(DkimResult::temperror, "libopendkim has no memory");
    dkim_set_user_context(handle_.get(), this);
    for (const auto* header : fed)
      if (!feed_header(handle_.get(), *header))
        return drop_all(DkimResult::neutral, "libopendkim cannot read the header");
    if (!feed_header(handle_.get(), guard_field()) ||
        dkim_eoh(handle_.get()) != DKIM_STAT_OK)
      return drop_all(DkimResult::neutral, "libopendkim cannot read the header");

    DKIM_SIGINFO** infos = nullptr;
    int count = 0;
    if (dkim_getsiglist(handle_.get(), &infos, &count) != DKIM_STAT_OK ||
        static_cast<std::size_t>(count) != screening_.candidates.size())
      return drop_all(DkimResult::neutral, "libopendkim cannot read the signatures");
    infos_.assign(infos, infos + count);
    keys_.resize(infos_.size());
  }

  void feed(std::string_view chunk) {
    body_taken_ = feed_body(handle_.get(), chunk) && body_taken_;
  }

  /// Fetches the key of a candidate; without one that fits it is not processed.
  bool prepare(std::size_t i, Deadline deadline) {
    const auto& candidate = screening_.candidates[i];
    auto key = auth::fetch_key(candidate, *key_cache_, deadline);
    if (!key) {
      set_finding(candidate, key.fault());
      dkim_sig_ignore(infos_[i]);
      return false;
    }
    if (key_text(*key).size() > key_text_limit) {
      set_finding(candidate, key->finding(candidate.signature, DkimResult::neutral,
                                          "libopendkim takes no key of this length"));
      dkim_sig_ignore(infos_[i]);
      return false;
    }
    keys_[i] = std::move(*key);
    return true;
  }

  DkimFinding verdict_of(std::size_t i,
                         const std::map<Canonicalization, std::uint64_t>& lengths) const {
    const auto& signature = screening_.candidates[i].signature;
    const auto finding = [&](DkimResult result, std::string reason = {}) {
      return keys_[i]->finding(signature, result, std::move(reason));
    };
    if (!body_taken_) return finding(DkimResult::temperror, "libopendkim has no memory");
    // It drops a bare CR in relaxed bodies, and counts wrongly with both in simple ones.
    if (has_bare_line_end_ || last_ == '\r')
      return finding(DkimResult::neutral, "libopendkim cannot hash a bare CR or LF");
    const auto& covered = signature.body_length;
    const auto length = covered ? lengths.at(signature.body_form) : 0;
    if (covered.value_or(0) > length)
      return finding(DkimResult::permerror, "l= is longer than the body");

    const auto flags = dkim_sig_getflags(infos_[i]);
    const auto error = dkim_sig_geterror(infos_[i]);
    if ((flags & DKIM_SIGFLAG_PROCESSED) == 0)
      return error == DKIM_SIGERROR_UNKNOWN
                 ? finding(DkimResult::temperror, "libopendkim did not finish")
                 : finding(DkimResult::neutral, dkim_sig_geterrorstr(error));
    if (dkim_sig_getbh(infos_[i]) == DKIM_SIGBH_MISMATCH)
      return finding(DkimResult::fail, "body hash did not verify");
    if (error == DKIM_SIGERROR_BADSIG)
      return finding(DkimResult::fail, "signature did not verify");
    if (error != DKIM_SIGERROR_OK || !DKIM_SIG_CHECK(infos_[i]))
      return finding(DkimResult::permerror, dkim_sig_geterrorstr(error));
    return keys_[i]->right(signature, length, rule_);
  }

  conf::BodyLength rule_;
  auth::Screening screening_;
  std::shared_ptr<auth::KeyCache> key_cache_;
  OpendkimHandle handle_;
  // One for each candidate, in the order of their fields.
  std::vector<DKIM_SIGINFO*> infos_;
  std::vector<std::optional<auth::UsableKey>> keys_;
  std::map<Canonicalization, BodyLength> lengths_;
  char last_ = '\n';  // octet of the body; an empty body wants no CRLF
  bool has_bare_line_end_ = false;
  bool body_taken_ = true;
};

}  // namespace

OpendkimVerifier::OpendkimVerifier(conf::BodyLength rule)
    // BADSIGHANDLES: a missing or odd From must not stop everything. DELAYSIGPROC: keys are
    // wanted at the end, when they have had the time of the body to arrive.
    : library_(
          make_opendkim_library(DKIM_LIBFLAGS_BADSIGHANDLES | DKIM_LIBFLAGS_DELAYSIGPROC)),
      rule_(rule),
      key_cache_(std::make_shared<auth::KeyCache>()) {
  dkim_set_key_lookup(library_.get(), OpendkimVerification::look_up_key);
}

std::unique_ptr<ports::DkimVerification> OpendkimVerifier::begin(const RawHeaders& headers,
                                                                 ports::Resolver& dns,
                                                                 const Clock& clock) const {
  return std::make_unique<OpendkimVerification>(library_.get(), headers, dns, clock, rule_,
                                                key_cache_);
}

}  // namespace milterward::backends
