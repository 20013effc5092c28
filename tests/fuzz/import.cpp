// SPDX-License-Identifier: Apache-2.0
// Configurations of other daemons. Whatever they hold, what comes of them is TOML: a value
// may be refused, but nothing from an old file ends a string or a comment before its time.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "conf/import/import.h"
#include "conf/import/write.h"
#include "conf/load.h"

using namespace milterward;

namespace {

/// Every file but the first has the second half of the input.
class TwoFiles final : public importing::OldFiles {
 public:
  explicit TwoFiles(std::string_view text) : text_(text) {}
  Result<std::string, std::string> read(const std::string& path) const override {
    return std::string{path == "/main" ? text_.substr(0, text_.size() / 2)
                                       : text_.substr(text_.size() / 2)};
  }
  std::vector<std::string> names_in(const std::string&) const override {
    return {"example.org", "example.org.dkim.key", "default.private"};
  }

 private:
  std::string_view text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const TwoFiles files{text};
  using importing::Daemon;
  for (const auto daemon : {Daemon::opendkim, Daemon::opendmarc, Daemon::spf_engine,
                            Daemon::dkimpy_milter, Daemon::rspamd_dkim}) {
    const auto draft = importing::import({{daemon, {"/main"}}}, files);
    if (!draft) {
      if (draft.fault().reason.empty()) std::abort();
      continue;
    }
    const auto config = conf::load_config(importing::to_toml(*draft, ""), "m.toml");
    if (config) continue;
    // File names are octets; what is no UTF-8 cannot be said in TOML, and that is told.
    for (const auto& problem : config.fault())
      if (problem.key.empty() && problem.wrong.find("utf-8") == std::string::npos)
        std::abort();  // an error of syntax
  }
  return 0;
}
