// SPDX-License-Identifier: Apache-2.0
// What the commands share that look at one message or one sender by hand: the configuration
// to go by, DNS or a zone file instead of it, and the services made from both. Only the
// wiring names backends, so main hands in how services are made.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "milter/commands/explain.h"
#include "policy/base/result.h"
#include "policy/services.h"

namespace milterward::commands {

struct ZoneFile {
  std::string path;
  std::string text;
};

/// Services that write nothing and make nothing on disk; `zone`, when it is there, answers
/// all DNS questions. Faults are sentences for the postmaster.
using MakeServices =
    std::function<Result<std::shared_ptr<Services>, std::vector<std::string>>(
        const conf::Config& config, const std::optional<ZoneFile>& zone)>;

struct ByHand {
  std::string config_file;  // "": the installed one, or the defaults where there is none
  std::string zone_file;    // "": DNS
  Output output = Output::text;
  MakeServices make_services;
};

/// The configuration to go by. Throws ConfigError when it cannot be used.
conf::Config config_of(const ByHand& by_hand);

/// Services under that configuration, or nothing after faults went to standard error.
std::shared_ptr<Services> services_of(const ByHand& by_hand, const conf::Config& config);

/// The content of a file, "-" for standard input; nothing after the fault went to standard
/// error.
std::optional<std::string> content_of(const std::string& path);

/// Text that strangers wrote, fit for a terminal.
std::string shown(std::string_view text);

}  // namespace milterward::commands
