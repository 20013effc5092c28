// SPDX-License-Identifier: Apache-2.0
// What postconf prints, lists of filters, sendmail.mc and sendmail.cf: whatever a mail
// server is told, reading it ends, and a list of filters that is written anew is the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "milter/attach/milter_list.h"
#include "milter/attach/postfix_setup.h"
#include "milter/attach/sendmail_filters.h"

namespace {

using namespace milterward::attach;

void require(bool promise) {
  if (!promise) std::abort();
}

void read_list(std::string_view value) {
  const auto entries = parse_milters(value);
  for (const auto& entry : entries) {
    require(!entry.empty());
    require(address_of(entry).size() <= entry.size());
    require(setting_of(entry, "default_action").size() < entry.size());
    require(lead_to_the_same(address_of(entry), address_of(entry), "/var/spool/postfix"));
  }
  const auto written = join_milters(entries);
  require(join_milters(parse_milters(written)) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  for (const auto& [name, value] : parse_settings(text)) require(!name.empty());
  require(parse_services(text, text, text).size() <= size);
  read_list(text);
  for (const auto& filters : {parse_mc(text), parse_cf(text)}) {
    require(filters.defined.size() <= size && filters.asked.size() <= size);
    for (const auto& filter : filters.defined) require(filter.line >= 1);
  }
  return 0;
}
