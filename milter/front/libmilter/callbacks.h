// SPDX-License-Identifier: Apache-2.0
// libmilter's callbacks: each wraps its step of a Session and turns the verdict into what
// the library answers the MTA. Never SMFIS_ACCEPT: after it, libmilter does not answer a
// connection the MTA uses again. Header values reach us as C strings, so a NUL cuts them;
// both MTAs cut or drop it before, for the delivery as well.
#pragma once

#include "milter/front/current_services.h"
#include "milter/front/sessions.h"

struct smfi_str;  // SMFICTX

namespace milterward::front {

/// Tells libmilter of the callbacks; false when it does not want them. What they use must
/// live as long as the process serves. Call once.
bool register_callbacks(const CurrentServices& services, Sessions& sessions);

/// Ends a session that libmilter did not end itself.
void close_session(smfi_str* context) noexcept;

}  // namespace milterward::front
