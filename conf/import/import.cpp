// SPDX-License-Identifier: Apache-2.0
#include "conf/import/import.h"

#include <algorithm>
#include <array>
#include <variant>

#include "conf/import/daemons.h"
#include "conf/keys.h"

namespace milterward::importing {
namespace {

struct Importer {
  Daemon daemon;
  std::string_view name;
  std::optional<Unreadable> (*fill)(Draft&, const OldFiles&,
                                    const std::vector<std::string>&);
};

constexpr auto importers = std::to_array<Importer>({
    {Daemon::opendkim, "opendkim", import_opendkim},
    {Daemon::opendmarc, "opendmarc", import_opendmarc},
    {Daemon::spf_engine, "spf-engine", import_spf_engine},
    {Daemon::dkimpy_milter, "dkimpy-milter", import_dkimpy_milter},
    {Daemon::rspamd_dkim, "rspamd-dkim", import_rspamd_dkim},
});

const Importer& importer_of(Daemon daemon) noexcept {
  return *std::ranges::find(importers, daemon, &Importer::daemon);
}

/// inbound.mode = "enforce" would wake our defaults as well.
void act_as_before(Draft& draft) {
  draft.set("inbound.mode", "enforce",
            {"", 0, "what was refused, deferred or held stays so"});
  conf::Config scratch;
  for (const auto& key : conf::inbound_keys()) {
    const std::string name{key.name};
    if (std::holds_alternative<Action*>(key.field(scratch)) && key.fallback != "accept" &&
        !name.starts_with("dnsbl.") && !draft.has(name))
      draft.set(name, "accept", {"", 0, "nothing was done about this"});
  }
  draft.tell(Outcome::translated, {"", 0, "what was done to mail"},
             "inbound.mode = enforce, with \"accept\" for all that was let in before");
}

}  // namespace

std::string_view name_of(Daemon daemon) noexcept { return importer_of(daemon).name; }

std::optional<Daemon> daemon_called(std::string_view name) noexcept {
  const auto found = std::ranges::find(importers, name, &Importer::name);
  return found == importers.end() ? std::nullopt : std::optional{found->daemon};
}

Result<Draft, Unreadable> import(const std::vector<Source>& sources,
                                 const OldFiles& files) {
  Draft draft;
  for (const auto& source : sources)
    if (auto fault = importer_of(source.daemon).fill(draft, files, source.files))
      return Unexpected{std::move(*fault)};
  if (draft.does_act()) act_as_before(draft);
  return draft;
}

}  // namespace milterward::importing
