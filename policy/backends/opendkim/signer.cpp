// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/opendkim/signer.h"

#include <cstdint>
#include <optional>
#include <string>
using _Bool = bool;  // NOLINT(bugprone-reserved-identifier): that header is C only
#include <opendkim/dkim.h>

#include "policy/base/unreachable.h"
#include "policy/sign/native_signer.h"
#include "policy/sign/signed_fields.h"

namespace milterward::backends {
namespace {

using ports::SigningFault;
using ports::SigningRequest;

constexpr std::string_view field_name = "DKIM-Signature";
constexpr int margin = 75;
// libopendkim cuts its list of names here, and h= would not tell what was hashed.
constexpr std::size_t name_list_limit = 4000;

unsigned char* octets_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

template <class T>
bool set_option(dkim_lib* library, dkim_opts_t option, T value) {
  return dkim_options(library, DKIM_OP_SETOPT, option, &value, sizeof value) ==
         DKIM_STAT_OK;
}

dkim_canon_t header_form(conf::SigningForms forms) {
  return conf::has_simple_header(forms) ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED;
}

dkim_canon_t body_form(conf::SigningForms forms) {
  return conf::has_simple_body(forms) ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED;
}

/// One signature in the making.
class Making {
 public:
  static std::optional<Making> begin(const RawHeaders& headers,
                                     const SigningRequest& request) {
    Making making;
    if (!making.set_up(request) || !making.feed(sign::signed_fields(headers, request)))
      return std::nullopt;
    return making;
  }

  bool body(std::string_view chunk) { return feed_body(handle_.get(), chunk); }

  std::optional<RawHeader> finish() {
    if (dkim_eom(handle_.get(), nullptr) != DKIM_STAT_OK) return std::nullopt;
    unsigned char* text = nullptr;
    std::size_t size = 0;
    if (dkim_getsighdr_d(handle_.get(), field_name.size() + 2, &text, &size) !=
        DKIM_STAT_OK)
      return std::nullopt;
    return RawHeader{std::string{field_name},
                     " " + std::string{reinterpret_cast<const char*>(text), size}};
  }

 private:
  bool set_up(const SigningRequest& request) {
    library_ = make_opendkim_library(DKIM_LIBFLAGS_NONE);
    const auto time = std::chrono::duration_cast<std::chrono::seconds>(
        request.signed_at.time_since_epoch());
    std::vector<const char*> oversigned;
    for (const auto& name : request.oversigned) oversigned.push_back(name.c_str());
    oversigned.push_back(nullptr);
    const char** names = oversigned.data();
    if (!set_option(library_.get(), DKIM_OPTS_FIXEDTIME,
                    static_cast<std::uint64_t>(time.count())) ||
        !set_option(library_.get(), DKIM_OPTS_SIGNATURETTL,
                    static_cast<std::uint64_t>(request.expires_after.count())) ||
        (!request.oversigned.empty() &&
         dkim_options(library_.get(), DKIM_OP_SETOPT, DKIM_OPTS_OVERSIGNHDRS, names,
                      sizeof names) != DKIM_STAT_OK))
      return false;

    auto key = request.key->pem();
    std::string selector = request.selector, domain = request.domain.name();
    DKIM_STAT status = DKIM_STAT_OK;
    handle_.reset(
        dkim_sign(library_.get(), reinterpret_cast<const unsigned char*>("message"),
                  nullptr, reinterpret_cast<unsigned char*>(key.octets()),
                  octets_of(selector), octets_of(domain), header_form(request.forms),
                  body_form(request.forms), DKIM_SIGN_RSASHA256, -1, &status));
    if (!handle_) return false;
    std::string identity = request.identity;
    if (!identity.empty() &&
        dkim_set_signer(handle_.get(), octets_of(identity)) != DKIM_STAT_OK)
      return false;
    return dkim_set_margin(handle_.get(), margin) == DKIM_STAT_OK;
  }

  bool feed(const RawHeaders& fields) {
    std::size_t names = 0;
    for (const auto& field : fields) {
      names += field.name.size() + 1;
      if (!can_feed(field) || relaxes_wrongly(field) || names > name_list_limit ||
          !feed_header(handle_.get(), field))
        return false;
    }
    return dkim_eoh(handle_.get()) == DKIM_STAT_OK;
  }

  OpendkimLibrary library_;  // outlives its handle
  OpendkimHandle handle_;
};

bool is_for_libopendkim(const SigningRequest& request) {
  switch (request.key->algorithm()) {
    case ports::SigningAlgorithm::rsa_sha256:
      return request.key->has_pem();
    case ports::SigningAlgorithm::ed25519_sha256:
      return false;
  }
  unreachable();
}

class OpendkimSigning final : public ports::DkimSigning {
 public:
  OpendkimSigning(const RawHeaders& headers, const std::vector<SigningRequest>& requests)
      : fault_(sign::fault_of_from(headers)) {
    std::vector<SigningRequest> others;
    for (const auto& request : requests) {
      is_ours_.push_back(!is_for_libopendkim(request));
      if (is_ours_.back()) {
        others.push_back(request);
        continue;
      }
      auto making = Making::begin(headers, request);
      if (making)
        makings_.push_back(std::move(*making));
      else if (!fault_)
        fault_ = SigningFault::library_failure;
    }
    ours_ = sign::NativeDkimSigner{}.begin(headers, std::move(others));
  }

  void body(std::string_view chunk) override {
    feed(chunk);
    ours_->body(chunk);
    for (const char c : chunk) {
      // It hashes bare line ends in its own way; receivers would not follow.
      if ((c == '\n') != (last_ == '\r')) fault_ = SigningFault::library_failure;
      last_ = c;
    }
  }

  Result<std::vector<RawHeader>, SigningFault> finish() override {
    // RFC 6376 section 3.4.3; libopendkim refuses a last line without CRLF.
    if (last_ != '\n') feed("\r\n");
    if (last_ == '\r') fault_ = SigningFault::library_failure;
    if (fault_) return Unexpected{*fault_};
    auto ours = ours_->finish();
    if (!ours) return Unexpected{ours.fault()};
    auto next_of_ours = ours->begin();
    auto next_making = makings_.begin();
    std::vector<RawHeader> fields;
    for (const bool is_ours : is_ours_) {
      if (is_ours) {
        fields.push_back(std::move(*next_of_ours++));
        continue;
      }
      auto field = (next_making++)->finish();
      if (!field) return Unexpected{SigningFault::bad_key};
      fields.push_back(std::move(*field));
    }
    return fields;
  }

 private:
  void feed(std::string_view chunk) {
    if (fault_) return;
    for (auto& making : makings_)
      if (!making.body(chunk)) fault_ = SigningFault::library_failure;
  }

  std::optional<SigningFault> fault_;
  std::vector<bool> is_ours_;  // one for each request
  std::vector<Making> makings_;
  std::unique_ptr<ports::DkimSigning> ours_;
  char last_ = '\n';  // octet of the body; an empty body wants no CRLF
};

}  // namespace

OpendkimSigner::OpendkimSigner() : library_(make_opendkim_library(DKIM_LIBFLAGS_NONE)) {}

std::unique_ptr<ports::DkimSigning> OpendkimSigner::begin(
    const RawHeaders& headers, std::vector<SigningRequest> requests) const {
  return std::make_unique<OpendkimSigning>(headers, requests);
}

}  // namespace milterward::backends
