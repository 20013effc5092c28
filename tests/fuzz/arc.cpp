// SPDX-License-Identifier: Apache-2.0
// Any octets are the headers of a message. What is read of a chain keeps its promises, no
// chain passes without keys, and what we seal is a set on top that can be read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "policy/auth/arc/validation.h"
#include "policy/base/ascii.h"
#include "policy/sign/arc_seal.h"

namespace {

using namespace milterward;

class FixedClock final : public Clock {
 public:
  SteadyTime now() const noexcept override { return SteadyTime{}; }
  WallTime today() const noexcept override {
    return WallTime{std::chrono::seconds{1'790'000'000}};
  }
};

class NoDns final : public ports::Resolver {
 public:
  ports::Pending ask(const ports::DnsQuestion&) override { return {}; }
};

/// Signs with no key at all: what is written counts here, not what is proven.
class NoKey final : public ports::PrivateKey {
 public:
  ports::SigningAlgorithm algorithm() const noexcept override {
    return ports::SigningAlgorithm::ed25519_sha256;
  }
  unsigned bits() const noexcept override { return 256; }
  Result<std::string, ports::SigningFault> sign(std::string_view) const override {
    return std::string(64, 's');
  }
  std::string public_record() const override { return {}; }
};

RawHeaders headers_of(std::string_view text) {
  RawHeaders headers;
  for (const auto line : split(text, '\n')) {
    const auto colon = line.find(':');
    if (!headers.empty() && (line.empty() || is_wsp(line.front())))
      headers.back().value += "\n" + std::string{line};
    else if (colon != std::string_view::npos)
      headers.push_back(
          {std::string{line.substr(0, colon)}, std::string{line.substr(colon + 1)}});
  }
  return headers;
}

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  auto headers = headers_of({reinterpret_cast<const char*>(octets), size});
  const FixedClock clock;
  NoDns dns;

  const auto chain = auth::read_chain(headers, clock.today());
  require(chain.highest <= auth::arc_set_limit);
  require(chain.sets.size() == (chain.fault.empty() ? chain.highest : 0));
  require(!chain.is_closed || !chain.fault.empty());

  auth::ArcValidation validation{headers, dns, clock};
  validation.body("Hello\r\n");
  const auto finding = validation.finish(Deadline{clock.now()});
  require(finding.result ==
          (chain.is_there ? auth::ArcResult::fail : auth::ArcResult::none));
  require(finding.sets.empty() && finding.reason.empty() != chain.is_there);

  ports::SigningRequest request;
  request.key = std::make_shared<const NoKey>();
  request.domain = Domain::parse("sealer.example").value();
  request.selector = "sel";
  request.oversigned = {"From"};
  request.signed_at = clock.today();
  for (const auto said : {finding.result, auth::ArcResult::pass}) {
    sign::ArcSealing sealing{request};
    const auto fields = sealing.finish(headers, said, "sealer.example; none");
    if (!fields || fields->empty()) continue;
    auto sealed = headers;
    sealed.insert(sealed.begin(), fields->begin(), fields->end());
    const auto longer = auth::read_chain(sealed, clock.today());
    const bool is_continued =
        said == auth::ArcResult::none ||
        (said == auth::ArcResult::pass && chain.is_there && chain.fault.empty());
    require(longer.highest == chain.highest + 1);
    require(longer.is_closed != is_continued && longer.fault.empty() == is_continued);
  }
  return 0;
}
