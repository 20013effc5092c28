// SPDX-License-Identifier: Apache-2.0
// One thread per milter connection, under a library that would use a pool: 100 connections
// whose DNS takes a second take a second. A thread waits for its MTA in poll() of its own,
// so it can be woken by shutting its socket down; that is how a drain ends. Where the
// library is not built as expected, its pool serves.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "milter/front/sessions.h"

struct smfi_str;  // SMFICTX

namespace milterward::front {

/// Tries out, without a connection, what running sessions ourselves relies on. The reason
/// why it cannot be done, or nothing.
std::optional<std::string> why_no_threads_per_connection();

/// From now on connections get threads; not more than `most` at a time, the others wait in
/// the listener's backlog. Call once, before libmilter runs.
void use_threads_per_connection(Sessions& sessions, std::size_t most);

/// Whether that was asked for.
bool uses_threads_per_connection() noexcept;

/// The seat of a session that runs on a thread of ours; null in the pool.
std::shared_ptr<Seat> seat_of(const smfi_str* context);

}  // namespace milterward::front
