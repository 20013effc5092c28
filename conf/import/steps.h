// SPDX-License-Identifier: Apache-2.0
// An option of an old daemon and the member function that translates it.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "conf/import/old_files.h"
#include "conf/import/options.h"
#include "policy/base/ascii.h"

namespace milterward::importing {

template <class Importer>
struct Step {
  std::string_view name;
  std::optional<Unreadable> (Importer::*take)(const Option&);
};

/// The step of that name, whatever its case; nullptr where there is none.
template <class Importer>
const Step<Importer>* step_for(std::span<const Step<Importer>> steps,
                               std::string_view name) {
  const auto found = std::ranges::find_if(
      steps, [&](const auto& step) { return equal_ignoring_case(step.name, name); });
  return found == steps.end() ? nullptr : &*found;
}

}  // namespace milterward::importing
