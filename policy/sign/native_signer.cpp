// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/native_signer.h"

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/message_hash.h"
#include "policy/auth/dkim/signature.h"
#include "policy/base/ascii.h"
#include "policy/sign/signed_fields.h"

namespace milterward::sign {
namespace {

using auth::Canonicalization;
using ports::SigningFault;
using ports::SigningRequest;

constexpr std::size_t columns = 76;  // RFC 5322 section 2.1.1 recommends 78
constexpr std::string_view fold = "\r\n\t";
constexpr std::size_t tab_columns = 8;

/// Text in pieces that may not be broken, folded between them. Under relaxed
/// canonicalization each fold counts as one space, so it must stand before the hashing.
class Folder {
 public:
  explicit Folder(std::size_t first_column) : column_(first_column) { text_.reserve(1024); }

  /// Begins a new tag: a space, or a fold when the tag would not fit.
  void tag(std::string_view name, std::string_view value, std::string_view end = ";") {
    put(" ", {name, "=", value, end});
  }
  /// Goes on within a tag.
  void piece(std::string_view text, std::string_view end) { put("", {text, end}); }
  std::string text() && { return std::move(text_); }

 private:
  void put(std::string_view gap, std::initializer_list<std::string_view> parts) {
    auto size = gap.size();
    for (const auto part : parts) size += part.size();
    const bool fits = column_ + size <= columns;
    text_ += fits ? gap : fold;
    column_ = fits ? column_ + size : tab_columns + size - gap.size();
    for (const auto part : parts) text_ += part;
  }

  std::string text_;
  std::size_t column_;
};

Canonicalization header_form(conf::SigningForms forms) {
  return conf::has_simple_header(forms) ? Canonicalization::simple
                                        : Canonicalization::relaxed;
}

Canonicalization body_form(conf::SigningForms forms) {
  return conf::has_simple_body(forms) ? Canonicalization::simple
                                      : Canonicalization::relaxed;
}

std::string_view word_of(Canonicalization form) {
  return form == Canonicalization::simple ? "simple" : "relaxed";
}

/// The field up to and including "b=".
RawHeader unsigned_field(const SigningRequest& request,
                         const std::vector<std::string>& names,
                         std::string_view body_digest) {
  const auto signed_at = std::chrono::duration_cast<std::chrono::seconds>(
      request.signed_at.time_since_epoch());
  const auto word = [](Canonicalization form) { return std::string{word_of(form)}; };
  Folder folder{auth::signature_field_name.size() + 1};
  folder.tag("v", "1");
  folder.tag("a", ports::to_text(request.key->algorithm()));
  folder.tag("c", word(header_form(request.forms)) + "/" + word(body_form(request.forms)));
  folder.tag("d", request.domain.name());
  if (!request.identity.empty()) folder.tag("i", request.identity);
  folder.tag("s", request.selector);
  folder.tag("t", std::to_string(signed_at.count()));
  if (request.expires_after.count() > 0)
    folder.tag("x", std::to_string((signed_at + request.expires_after).count()));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto end = i + 1 < names.size() ? ":" : ";";
    if (i == 0)
      folder.tag("h", names[i], end);
    else
      folder.piece(names[i], end);
  }
  folder.tag("bh", auth::encode_base64(body_digest));
  folder.tag("b", "", "");
  return {std::string{auth::signature_field_name}, std::move(folder).text()};
}

/// White space in b= is not signed: folded where the line is full.
std::string folded_base64(std::string_view octets, std::size_t column) {
  const auto text = auth::encode_base64(octets);
  std::string folded;
  folded.reserve(2 * text.size());
  for (std::string_view rest = text; !rest.empty(); column = tab_columns) {
    const auto line = rest.substr(0, columns - column);
    rest.remove_prefix(line.size());
    folded += line;
    if (!rest.empty()) folded += fold;
  }
  return folded;
}

std::size_t last_column(const RawHeader& field) {
  const auto line = field.value.rfind('\t');
  return line == std::string::npos ? field.name.size() + 1 + field.value.size()
                                   : tab_columns + field.value.size() - line - 1;
}

/// One signature in the making. The fields it covers are hashed before the body comes, so
/// that none has to be kept.
struct Making {
  SigningRequest request;
  std::vector<std::string> names;  // h=
  auth::HeaderHash header;
};

Making making_of(SigningRequest request, const auth::FieldIndex& index) {
  auto coverage = coverage_of(index, request);
  auth::HeaderHash header{header_form(request.forms)};
  for (const auto* field : coverage.fields) header.add(*field);
  return {std::move(request), std::move(coverage.names), std::move(header)};
}

class NativeSigning final : public ports::DkimSigning {
 public:
  NativeSigning(const RawHeaders& headers, std::vector<SigningRequest> requests)
      : fault_(fault_of_from(headers)) {
    if (fault_) return;
    const auth::FieldIndex index{headers};
    for (auto& request : requests) {
      bodies_.want(body_form(request.forms));
      makings_.push_back(making_of(std::move(request), index));
    }
  }

  void body(std::string_view chunk) override { bodies_.feed(chunk); }

  Result<std::vector<RawHeader>, SigningFault> finish() override {
    if (fault_) return Unexpected{*fault_};
    bodies_.finish();
    std::vector<RawHeader> signatures;
    for (auto& [request, names, header] : makings_) {
      auto field =
          unsigned_field(request, names, bodies_.of(body_form(request.forms)).digest());
      const auto octets = request.key->sign(header.finish_unsigned(field));
      if (!octets) return Unexpected{octets.fault()};
      field.value += folded_base64(*octets, last_column(field));
      signatures.push_back(std::move(field));
    }
    return signatures;
  }

 private:
  std::optional<SigningFault> fault_;
  std::vector<Making> makings_;
  auth::BodyHashes bodies_;
};

}  // namespace

std::unique_ptr<ports::DkimSigning> NativeDkimSigner::begin(
    const RawHeaders& headers, std::vector<SigningRequest> requests) const {
  return std::make_unique<NativeSigning>(headers, std::move(requests));
}

}  // namespace milterward::sign
