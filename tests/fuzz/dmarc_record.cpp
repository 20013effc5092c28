// SPDX-License-Identifier: Apache-2.0
// Any octets may stand in a TXT record: a DMARC record, or none.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/auth/dmarc/record.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace milterward::auth;
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto record = parse_dmarc_record(text);
  if (!record) return 0;
  if (text.find("DMARC1") == std::string_view::npos) std::abort();
  if (record->policy_is_faulty &&
      (record->p != DmarcPolicy::none || record->sp || record->np))
    std::abort();
  if (record->rua.size() > report_uri_limit || record->ruf.size() > report_uri_limit)
    std::abort();
  return 0;
}
