// SPDX-License-Identifier: Apache-2.0
// The libopendkim engine is a module of its own, opened when dkim.engine asks for it: no
// other daemon has libopendkim mapped, or needs its package. Beside libopendkim the module
// holds our guards, and finds the rest of the house in the program that opens it, so both
// must be of one build. (libspf2 is opened without a module: its guards are of use to our
// parser, while these would only lie about in every daemon.)
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "conf/problem.h"
#include "conf/settings/dkim.h"
#include "policy/backends/module.h"
#include "policy/base/result.h"
#include "policy/ports/dkim.h"

namespace milterward::backends {

struct OpendkimEngine {
  std::shared_ptr<const ports::DkimVerifier> verifier;
  std::shared_ptr<const ports::DkimSigner> signer;
};

/// What the module exports, under the name `milterward_opendkim`.
struct OpendkimModule {
  const char* build;  // MILTERWARD_VERSION
  OpendkimEngine (*make_engine)(conf::BodyLength rule);
  unsigned long (*library_version)();  // 0x020b0000 is 2.11.0.0
};

/// As open_module.
Result<const OpendkimModule*, conf::Complaint> open_opendkim_module(
    const std::vector<std::filesystem::path>& directories = module_directories());

}  // namespace milterward::backends
