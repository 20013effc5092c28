// SPDX-License-Identifier: Apache-2.0
// What libmilter exports beyond mfapi.h and we use to run its sessions on threads of ours.
// Debian's build (8.17) serves connections from a pool that stalls when callbacks wait for
// DNS; its own call of mi_start_session goes through the dynamic symbol table, so that an
// executable which defines the function is asked instead.
#pragma once

struct smfi_str;  // SMFICTX

extern "C" {
/// Serves commands until none comes for a millisecond (session_goes_on) or the session
/// ends.
int mi_engine(smfi_str* context);
/// Closes the session's socket and frees it.
void mi_clr_ctx(smfi_str* context);
/// With flag 0: is the session at the end of a message?
bool mi_sendok(smfi_str* context, int flag);
/// Called by libmilter for every connection it accepted. This is ours (threads.cpp).
int mi_start_session(smfi_str* context);
/// Called by libmilter to start a thread that waits for SIGHUP, SIGTERM and SIGINT and
/// stops the library at any of them. This is ours (libmilter_front.cpp), and does nothing.
int mi_control_startup(char* name);
}

namespace milterward::front {

inline constexpr int session_goes_on = 1;  // MI_CONTINUE, which mfapi.h hides

}  // namespace milterward::front
