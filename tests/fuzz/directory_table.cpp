// SPDX-License-Identifier: Apache-2.0
// Tables of the directory. Whatever is read must have its keys in canonical form: written
// as a table again, it reads as the same table.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/backends/directory_files.h"
#include "policy/backends/lookup_table.h"

using namespace milterward;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto entries = backends::parse_table(text);
  if (const auto domains = backends::parse_domains(text)) {
    std::string again;
    for (const auto& name : *domains) again += name + " OK\n";
    if (backends::parse_domains(again).value() != *domains) std::abort();
  }
  if (const auto classes = backends::parse_classes(text, "mx.test"))
    for (const auto& [login, account_class] : *classes)
      if (account_class.empty()) std::abort();
  if (const auto owners = backends::parse_owners(text, "mx.test"))
    for (const auto& [address, logins] : *owners)
      if (logins.empty() || address.find('@') == std::string::npos) std::abort();
  if (!entries && entries.fault().reason.empty()) std::abort();
  return 0;
}
