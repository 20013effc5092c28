// SPDX-License-Identifier: Apache-2.0
#include "policy/sealing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "policy/auth/arc/chain.h"
#include "policy/auth/authres/field.h"
#include "policy/base/ascii.h"
#include "policy/base/sink.h"
#include "policy/edits.h"
#include "policy/sign/request.h"
#include "policy/sign/trace.h"

namespace milterward {
namespace {

// Lists rewrite the subject and add fields before they seal; whoever has the mail after us
// has no reason to.
constexpr std::array signed_names{"To",
                                  "Cc",
                                  "Subject",
                                  "Date",
                                  "Message-ID",
                                  "Reply-To",
                                  "Sender",
                                  "In-Reply-To",
                                  "References",
                                  "MIME-Version",
                                  "Content-Type",
                                  "Content-Transfer-Encoding",
                                  "List-Id",
                                  "List-Unsubscribe",
                                  "List-Unsubscribe-Post",
                                  "List-Post",
                                  "DKIM-Signature"};

ports::SigningRequest request_of(const sign::RingKey& key,
                                 const sign::LeavingHeader& header, WallTime now) {
  auto named = key;
  named.settings.oversigned = {"From"};
  named.settings.headers.assign(signed_names.begin(), signed_names.end());
  return sign::request_for(named, header, now);
}

/// What our Authentication-Results field says of the chain.
std::optional<auth::ArcResult> chain_result_in(std::string_view results) {
  const auto field = auth::parse_authres(results);
  if (!field) return std::nullopt;
  for (const auto& method : field->methods) {
    if (method.method != "arc") continue;
    for (const auto result :
         {auth::ArcResult::none, auth::ArcResult::pass, auth::ArcResult::fail})
      if (method.result == to_text(result)) return result;
  }
  return std::nullopt;
}

sign::LeavingHeader leaving(const RawHeaders& headers,
                            const std::vector<std::size_t>& former,
                            const sign::Departure& departure) {
  RawHeaders kept;
  for (std::size_t i = 0; i < headers.size(); ++i)
    if (std::ranges::find(former, i) == former.end()) kept.push_back(headers[i]);
  return sign::leaving_header(departure, kept);
}

}  // namespace

const sign::RingKey* sealing_key_for(const sign::KeyRing& ring,
                                     const std::vector<std::string>& recipients) {
  const sign::RingKey* first = nullptr;
  for (const auto& entry : ring.keys())
    if (entry.key && first == nullptr) first = &entry;
  for (const auto& recipient : recipients)
    for (const auto& entry : ring.keys())
      if (entry.key &&
          ends_with_ignoring_case(recipient, "@" + entry.settings.domain.name()))
        return &entry;
  return first;
}

Sealing::Sealing(const sign::RingKey& key, const RawHeaders& headers,
                 std::vector<std::size_t> former, const sign::Departure& departure,
                 WallTime now)
    : headers_(headers),
      former_(std::move(former)),
      name_(fmt::format("{}:{}", key.settings.domain.name(), key.settings.selector)),
      leaving_(leaving(headers, former_, departure)),
      breaker_(departure.line_limit()),
      sealing_(request_of(key, leaving_, now)) {}

void Sealing::body(std::string_view chunk) {
  breaker_.feed(chunk, [this](std::string_view octets) { sealing_.body(octets); });
}

Sealing::Seal Sealing::finish(const RawHeader& results, const std::string& id) {
  const auto chain = chain_result_in(results.value);
  if (!chain) return {};
  breaker_.finish([this](std::string_view octets) { sealing_.body(octets); });
  auto fields = sealing_.finish(leaving_.fields, *chain, results.value);
  if (!fields) {
    log_event(Event::sealing_failed,
              {{"id", id}, {"reason", std::string{to_text(fields.fault())}}});
    return {};
  }
  Seal seal{{}, {}, name_};
  for (const auto place : former_)
    std::ranges::move(
        removals(headers_, headers_[place].name,
                 [&](const RawHeader& field) { return &field == &headers_[place]; }),
        std::back_inserter(seal.removals));
  // The last insertion ends on top.
  std::ranges::reverse(*fields);
  for (auto& field : *fields) seal.insertions.push_back(insertion(std::move(field)));
  return seal;
}

std::optional<RawHeader> results_vouched_for(const RawHeaders& headers,
                                             const std::vector<std::string>& digests) {
  for (const auto* field : fields_named(headers, auth::authres_field_name))
    if (std::ranges::find(digests, sign::field_digest(*field)) != digests.end())
      return *field;
  return std::nullopt;
}

std::vector<std::size_t> own_newest_set(const RawHeaders& headers,
                                        const sign::KeyRing& ring, WallTime now) {
  const auto chain = auth::read_chain(headers, now);
  if (chain.sets.empty()) return {};
  const auto& newest = chain.sets.back();
  const bool is_ours = std::ranges::any_of(ring.keys(), [&](const sign::RingKey& entry) {
    return entry.settings.domain == newest.seal.domain &&
           entry.settings.selector == newest.seal.selector;
  });
  if (!is_ours) return {};
  return {newest.seal_field, newest.message_field, newest.results_field};
}

}  // namespace milterward
