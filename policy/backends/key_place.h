// SPDX-License-Identifier: Apache-2.0
// The directory of one domain below that of all keys, and files made in it: whose they are
// (key_directory.h) and how they come into being.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "policy/backends/file_descriptor.h"
#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/ports/key_source.h"

namespace milterward::backends {

/// To whom a new entry of a directory is to belong, and what of its mode is his group's.
struct Ownership {
  uid_t user = 0;
  gid_t group = 0;
  bool group_reads = false;
};

struct KeyPlace {
  FileDescriptor directory;
  Ownership owner;  // of what is made in it
};

/// Opens DIRECTORY/DOMAIN, and makes both where they are missing.
Result<KeyPlace, ports::KeyFault> open_key_place(const std::string& path,
                                                 const Domain& domain,
                                                 std::optional<gid_t> readers);

enum class IfTaken { keep, replace };

/// Writes all of a file or nothing, owner and mode first. 0, or errno; EEXIST where the
/// name is taken and kept.
int write_whole(const KeyPlace& place, const std::string& name, std::string_view text,
                IfTaken if_taken);

/// "PATH: Permission denied; do this as root, or name another directory".
ports::KeyFault fault_about(std::string_view path, int error);

}  // namespace milterward::backends
