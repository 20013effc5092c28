// SPDX-License-Identifier: Apache-2.0
// A library that speaks PKCS#11 (v2.40 with CKM_EDDSA of v3.0), loaded by libp11-kit
// without its layer for several callers, which makes code at run time: the service may not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/pkcs11_uri.h"
#include "policy/base/result.h"

struct _CK_FUNCTION_LIST;  // of p11-kit/pkcs11.h

namespace milterward::backends::pkcs11 {

using Library = ::_CK_FUNCTION_LIST;
using Number = unsigned long;  // CK_ULONG, and all types that are one
using Answer = Number;         // CK_RV
using SlotId = Number;
using SessionHandle = Number;
using ObjectHandle = Number;
using ObjectClass = Number;
using AttributeType = Number;

/// "CKR_TOKEN_NOT_PRESENT" and the like in words, with the number.
std::string to_text(Answer answer);

/// Initialized for the whole process and for many threads; never unloaded, since it may
/// have threads of its own.
Result<Library*, std::string> load_library(const std::string& path);

/// Ends and begins its work anew: some libraries, SoftHSM for one, look for tokens then and
/// never again. All sessions end with it, so only while there are none.
Answer begin_anew(Library& library);

/// What CK_TOKEN_INFO says, without the blanks at its end.
struct TokenIdentity {
  std::string label, manufacturer, model, serial;
  bool operator==(const TokenIdentity&) const = default;
};

struct FoundToken {
  SlotId slot = 0;
  TokenIdentity identity;
};

/// Tokens that are there now.
Result<std::vector<FoundToken>, Answer> tokens_of(Library& library);

bool is_meant(const conf::Pkcs11Uri& uri, const TokenIdentity& token);

/// One attribute of an object; nothing where it has none, or does not show it.
std::optional<std::string> attribute(Library& library, SessionHandle session,
                                     ObjectHandle object, AttributeType type);

/// An object by class and, where they are there, label and id.
struct ObjectQuery {
  ObjectClass object_class;
  std::optional<std::string> label;
  std::optional<std::string> id;
};

/// The first two; more are not needed to know that there are too many.
Result<std::vector<ObjectHandle>, Answer> find(Library& library, SessionHandle session,
                                               const ObjectQuery& query);

}  // namespace milterward::backends::pkcs11
