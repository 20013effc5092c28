// SPDX-License-Identifier: Apache-2.0
// libspf2 as its authors meant it: its own parser, its own check_host(), and a DNS layer
// over the benchmark's answers. Never for records that we did not write: it has known
// overflows, which is why policy/backends/spf2_checker.h guards it.
#pragma once

#include <memory>

#include "tests/bench/spf_situations.h"

namespace milterward::bench {

class RawSpf2 {
 public:
  /// `dns` outlives this.
  explicit RawSpf2(const MemoryDns& dns);
  ~RawSpf2();
  RawSpf2(const RawSpf2&) = delete;
  RawSpf2& operator=(const RawSpf2&) = delete;

  ports::SpfResult check(const ports::SpfQuery& query) const;

 private:
  struct Server;
  std::unique_ptr<Server> server_;  // one for all checks: the cheapest way libspf2 has
};

}  // namespace milterward::bench
