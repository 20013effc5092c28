// SPDX-License-Identifier: Apache-2.0
// dkimpy-milter.conf(5) of dkimpy-milter 1.2: the words of opendkim, and Ed25519 keys.
#include "conf/import/common.h"
#include "conf/import/daemons.h"
#include "conf/import/known_options.h"
#include "conf/import/signer.h"

namespace milterward::importing {
namespace {

constexpr SignerDialect dkimpy_dialect{"dkimpy-milter", "relaxed/simple", "relaxed", true};

}  // namespace

std::optional<Unreadable> import_dkimpy_milter(Draft& draft, const OldFiles& files,
                                               const std::vector<std::string>& paths) {
  return for_each_file(files, paths, Separator::blank, [&](const Options& options) {
    auto fault = translate_signer(draft, files, options, dkimpy_dialect);
    if (fault) return fault;
    return for_each_that_counts(draft, options, [&](const Option& option) {
      if (!is_of_signer(option.name, dkimpy_dialect) && !translate_shared(draft, option) &&
          !tell_known(draft, option, dkimpy_options()) &&
          !tell_known(draft, option, opendkim_options()))
        tell_unknown(draft, option, "dkimpy-milter");
      return std::optional<Unreadable>{};
    });
  });
}

}  // namespace milterward::importing
