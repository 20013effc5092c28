// SPDX-License-Identifier: Apache-2.0
// Any octets are a message, and a signer of ours signs it. Both engines end with a finding
// for each of its signatures, and ours with one for all those that are too many; what we
// signed, we verify, however the body is split; libopendkim may think otherwise where it
// reads the RFC otherwise, but it has to think.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/dkim/native_verifier.h"
#include "policy/backends/opendkim/verifier.h"
#include "policy/mail/header.h"
#include "policy/mail/message_text.h"
#include "policy/sign/native_signer.h"
#include "policy/sign/private_key.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace {

using namespace milterward;

// RFC 8463 appendix A.2, which anybody may know.
constexpr std::string_view key_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view zone =
    "ed._domainkey.out.test TXT v=DKIM1; k=ed25519; "
    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "dead._domainkey.out.test TIMEOUT\n";
constexpr std::size_t most_signatures = 10;

void require(bool promise) {
  if (!promise) std::abort();
}

const Clock& clock_of_the_run() {
  static const tests::FakeClock clock;
  return clock;
}

template <class Stream>
void feed(Stream& stream, std::string_view body, std::size_t chunk) {
  for (; !body.empty(); body.remove_prefix(std::min(chunk, body.size())))
    stream.body(body.substr(0, chunk));
}

std::vector<ports::DkimFinding> findings_of(const ports::DkimVerifier& verifier,
                                            const RawHeaders& headers,
                                            std::string_view body, std::size_t chunk) {
  tests::FakeResolver dns{zone};
  const auto verification = verifier.begin(headers, dns, clock_of_the_run());
  feed(*verification, body, chunk);
  return verification->finish(Deadline::after(clock_of_the_run(), std::chrono::seconds{5}));
}

/// The message with a signature of ours on top, where it can be signed.
RawHeaders signed_by_us(const MessageText& message, conf::SigningForms forms,
                        std::size_t chunk) {
  static const auto key = sign::parse_private_key(key_pem).value();
  ports::SigningRequest request;
  request.key = key;
  request.domain = Domain::parse("out.test").value();
  request.selector = "ed";
  request.oversigned = {"From", "Subject"};
  request.signed_if_there = {"To", "Cc", "Received", "MIME-Version"};
  request.signed_at = clock_of_the_run().today();
  request.forms = forms;
  const auto signing = sign::NativeDkimSigner{}.begin(message.headers, {request});
  feed(*signing, message.body, chunk);
  const auto fields = signing->finish();
  if (!fields) return {};
  auto headers = *fields;
  headers.insert(headers.end(), message.headers.begin(), message.headers.end());
  return headers;
}

}  // namespace

// The name libFuzzer calls. The first octet chooses the canonicalization, the next two how
// the body is split for signing and for verifying.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size < 3) return 0;
  static const auth::NativeDkimVerifier native{conf::BodyLength::whole};
  static const backends::OpendkimVerifier libopendkim{conf::BodyLength::whole};
  const auto forms = static_cast<conf::SigningForms>(octets[0] % 4);
  const std::size_t first = octets[1] + 1U, second = octets[2] + 1U;
  const auto message = parse_message({reinterpret_cast<const char*>(octets) + 3, size - 3});

  const auto signatures =
      std::min(fields_named(message.headers, "DKIM-Signature").size(), most_signatures + 1);
  require(findings_of(native, message.headers, message.body, first) ==
          findings_of(native, message.headers, message.body, second));
  require(findings_of(native, message.headers, message.body, first).size() == signatures);
  findings_of(libopendkim, message.headers, message.body, first);

  const auto headers = signed_by_us(message, forms, first);
  if (headers.empty()) return 0;
  const auto findings = findings_of(native, headers, message.body, second);
  require(!findings.empty() && findings.front().result == ports::DkimResult::pass);
  findings_of(libopendkim, headers, message.body, second);
  return 0;
}
