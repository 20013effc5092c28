// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/arc_seal.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "policy/auth/arc/chain.h"
#include "policy/auth/dkim/base64.h"
#include "policy/base/ascii.h"
#include "policy/sign/signed_fields.h"

namespace milterward::sign {
namespace {

using auth::ArcResult;
using auth::Canonicalization;
using ports::SigningFault;

constexpr std::size_t seal_columns = 72;
constexpr std::string_view seal_fold = "\r\n ";

using Tags = std::vector<std::pair<std::string_view, std::string>>;

bool may_be_signed(std::string_view name) {
  for (const auto never :
       {std::string_view{"Authentication-Results"}, auth::arc_results_name,
        auth::arc_message_name, auth::arc_seal_name})
    if (equal_ignoring_case(name, never)) return false;
  return true;
}

/// In lines of their own where it is longer than one.
std::string in_lines(std::string_view text, std::size_t first_column) {
  std::string folded;
  auto column = first_column;
  for (const char c : text) {
    if (column == seal_columns) {
      folded += seal_fold;
      column = 0;
    }
    folded += c;
    ++column;
  }
  return folded;
}

/// h= in pieces: white space behind a colon is part of what is signed, so it stands before
/// the hashing.
std::string joined(const std::vector<std::string>& names) {
  std::string text;
  std::size_t column = 2;
  for (const auto& name : names) {
    if (!text.empty()) {
      text += ':';
      if (column + name.size() + 2 > seal_columns) {
        text += seal_fold;
        column = 0;
      }
    }
    text += name;
    column += name.size() + 1;
  }
  return text;
}

RawHeader field_of(std::string_view name, const Tags& tags) {
  std::string value;
  std::size_t column = name.size() + 1;
  for (const auto& [tag, text] : tags) {
    const auto end = &tag == &tags.back().first ? "" : ";";
    const auto piece = fmt::format("{}={}{}", tag, text, end);
    const bool is_folded = piece.find('\n') != std::string::npos;
    if (is_folded || column + 1 + piece.size() > seal_columns) {
      value += seal_fold;
      column = 0;
    } else {
      value += ' ';
      ++column;
    }
    value += piece;
    column = is_folded ? seal_columns : column + piece.size();
  }
  return {std::string{name}, std::move(value)};
}

/// With b= filled in. The tags come with an empty one.
Result<RawHeader, SigningFault> signed_field(std::string_view name, Tags tags,
                                             const std::vector<const RawHeader*>& fields,
                                             const ports::PrivateKey& key) {
  const auto digest =
      auth::header_digest(Canonicalization::relaxed, fields, field_of(name, tags));
  const auto octets = key.sign(digest);
  if (!octets) return Unexpected{octets.fault()};
  for (auto& [tag, text] : tags)
    if (tag == "b") text = in_lines(auth::encode_base64(*octets), 2);
  return field_of(name, tags);
}

}  // namespace

ArcSealing::ArcSealing(ports::SigningRequest request)
    : request_(std::move(request)), body_(Canonicalization::relaxed, std::nullopt) {
  const auto is_refused = [](const std::string& name) { return !may_be_signed(name); };
  std::erase_if(request_.oversigned, is_refused);
  std::erase_if(request_.signed_if_there, is_refused);
}

void ArcSealing::body(std::string_view chunk) { body_.feed(chunk); }

Result<std::vector<RawHeader>, SigningFault> ArcSealing::finish(const RawHeaders& headers,
                                                                ArcResult chain,
                                                                std::string_view results) {
  if (const auto fault = fault_of_from(headers)) return Unexpected{*fault};
  const auto before = auth::read_chain(headers, request_.signed_at);
  if (before.is_closed || before.highest == auth::arc_set_limit)
    return std::vector<RawHeader>{};
  const bool is_as_found = before.is_there
                               ? before.fault.empty() && chain == ArcResult::pass
                               : chain == ArcResult::none;
  const auto status = is_as_found ? chain : ArcResult::fail;
  const auto instance = std::to_string(before.highest + 1);
  const std::string algorithm{ports::to_text(request_.key->algorithm())};
  const auto seconds = [](auto time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
  };
  const auto signed_at = request_.signed_at.time_since_epoch();

  const RawHeader evidence{std::string{auth::arc_results_name},
                           fmt::format(" i={}; {}", instance, trim(results))};

  body_.finish();
  const auto coverage = coverage_of(auth::FieldIndex{headers}, request_);
  Tags message_tags{{"a", algorithm},
                    {"b", ""},
                    {"bh", auth::encode_base64(body_.digest())},
                    {"c", "relaxed/relaxed"},
                    {"d", request_.domain.name()},
                    {"h", joined(coverage.names)},
                    {"i", instance},
                    {"s", request_.selector},
                    {"t", seconds(signed_at)}};
  if (request_.expires_after.count() > 0)
    message_tags.emplace_back("x", seconds(signed_at + request_.expires_after));
  const auto message = signed_field(auth::arc_message_name, std::move(message_tags),
                                    coverage.fields, *request_.key);
  if (!message) return Unexpected{message.fault()};

  std::vector<const RawHeader*> sealed;
  if (status == ArcResult::pass) {
    sealed = auth::sealed_fields(headers, before.sets, before.sets.size() - 1);
    sealed.push_back(&headers[before.sets.back().seal_field]);
  }
  sealed.push_back(&evidence);
  sealed.push_back(&*message);
  const auto seal = signed_field(auth::arc_seal_name,
                                 {{"a", algorithm},
                                  {"b", ""},
                                  {"cv", std::string{to_text(status)}},
                                  {"d", request_.domain.name()},
                                  {"i", instance},
                                  {"s", request_.selector},
                                  {"t", seconds(signed_at)}},
                                 sealed, *request_.key);
  if (!seal) return Unexpected{seal.fault()};
  return std::vector<RawHeader>{*seal, *message, evidence};
}

}  // namespace milterward::sign
