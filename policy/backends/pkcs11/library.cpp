// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/pkcs11/library.h"

#include <fmt/format.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string_view>

#include "policy/base/ascii.h"
#include "policy/base/guarded.h"

namespace milterward::backends::pkcs11 {
namespace {

// What a broken library may make us hold.
constexpr CK_ULONG most_slots = 1024;
constexpr CK_ULONG longest_attribute = 16 * 1024;

/// Fixed fields are padded with blanks and have no end mark.
template <std::size_t Size>
std::string text_of(const unsigned char (&field)[Size]) {
  return std::string{trim({reinterpret_cast<const char*>(field), Size})};
}

/// By itself libp11-kit would not say that threads come, and SoftHSM would have no locks.
CK_RV initialize(Library& library) {
  CK_C_INITIALIZE_ARGS ways{};
  ways.flags = CKF_OS_LOCKING_OK;
  return library.C_Initialize(&ways);
}

CK_ATTRIBUTE attribute_of(CK_ATTRIBUTE_TYPE type, std::string& value) {
  return {type, value.data(), value.size()};
}

}  // namespace

std::string to_text(CK_RV answer) {
  return fmt::format("{} (0x{:x})", p11_kit_strerror(answer), answer);
}

Result<Library*, std::string> load_library(const std::string& path) {
  static Guarded<std::map<std::string, Library*>> loaded;
  return loaded.with([&](auto& known) -> Result<Library*, std::string> {
    if (const auto found = known.find(path); found != known.end()) return found->second;
    auto* library = p11_kit_module_load(path.c_str(), P11_KIT_MODULE_UNMANAGED);
    if (library == nullptr) {
      const auto* message = p11_kit_message();
      return Unexpected{fmt::format("{} cannot be loaded: {}", path,
                                    message == nullptr ? "unknown error" : message)};
    }
    if (const auto answer = initialize(*library);
        answer != CKR_OK && answer != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
      p11_kit_module_release(library);
      return Unexpected{fmt::format("{} does not start: {}", path, to_text(answer))};
    }
    known.emplace(path, library);
    return library;
  });
}

CK_RV begin_anew(Library& library) {
  const auto ended = library.C_Finalize(nullptr);
  if (ended != CKR_OK && ended != CKR_CRYPTOKI_NOT_INITIALIZED) return ended;
  return initialize(library);
}

Result<std::vector<FoundToken>, CK_RV> tokens_of(Library& library) {
  CK_ULONG count = 0;
  // Asked without a place first, or some libraries do not look for new tokens.
  if (const auto answer = library.C_GetSlotList(CK_TRUE, nullptr, &count); answer != CKR_OK)
    return Unexpected{answer};
  count = std::min(count + 16, most_slots);
  std::vector<CK_SLOT_ID> slots(count);
  if (const auto answer = library.C_GetSlotList(CK_TRUE, slots.data(), &count);
      answer != CKR_OK)
    return Unexpected{answer};
  slots.resize(std::min<std::size_t>(count, slots.size()));
  std::vector<FoundToken> tokens;
  for (const auto slot : slots) {
    CK_TOKEN_INFO told{};
    if (library.C_GetTokenInfo(slot, &told) != CKR_OK) continue;  // taken out just now
    tokens.push_back({slot,
                      {text_of(told.label), text_of(told.manufacturerID),
                       text_of(told.model), text_of(told.serialNumber)}});
  }
  return tokens;
}

bool is_meant(const conf::Pkcs11Uri& uri, const TokenIdentity& token) {
  const auto fits = [](const std::optional<std::string>& wanted, const std::string& there) {
    return !wanted || *wanted == there;
  };
  return fits(uri.token, token.label) && fits(uri.manufacturer, token.manufacturer) &&
         fits(uri.model, token.model) && fits(uri.serial, token.serial);
}

std::optional<std::string> attribute(Library& library, CK_SESSION_HANDLE session,
                                     CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE asked{type, nullptr, 0};
  if (library.C_GetAttributeValue(session, object, &asked, 1) != CKR_OK ||
      asked.ulValueLen == CK_UNAVAILABLE_INFORMATION ||
      asked.ulValueLen > longest_attribute)
    return std::nullopt;
  std::string value(asked.ulValueLen, '\0');
  asked.pValue = value.data();
  if (library.C_GetAttributeValue(session, object, &asked, 1) != CKR_OK ||
      asked.ulValueLen > value.size())
    return std::nullopt;
  value.resize(asked.ulValueLen);
  return value;
}

Result<std::vector<CK_OBJECT_HANDLE>, CK_RV> find(Library& library,
                                                  CK_SESSION_HANDLE session,
                                                  const ObjectQuery& query) {
  auto object_class = query.object_class;
  auto label = query.label.value_or("");
  auto id = query.id.value_or("");
  std::vector<CK_ATTRIBUTE> wanted{{CKA_CLASS, &object_class, sizeof object_class}};
  if (query.label) wanted.push_back(attribute_of(CKA_LABEL, label));
  if (query.id) wanted.push_back(attribute_of(CKA_ID, id));
  if (const auto answer = library.C_FindObjectsInit(session, wanted.data(), wanted.size());
      answer != CKR_OK)
    return Unexpected{answer};
  std::array<CK_OBJECT_HANDLE, 2> found{};
  CK_ULONG count = 0;
  const auto answer = library.C_FindObjects(session, found.data(), found.size(), &count);
  library.C_FindObjectsFinal(session);
  if (answer != CKR_OK) return Unexpected{answer};
  return std::vector<CK_OBJECT_HANDLE>{
      found.begin(),
      found.begin() + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(count), 2)};
}

}  // namespace milterward::backends::pkcs11
