// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/pkcs11/token.h"

#include <fmt/format.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "policy/base/sink.h"

namespace milterward::backends::pkcs11 {
namespace {

using namespace std::chrono_literals;

constexpr auto between_tries = 1s;
/// A new session may die of the end of an old one that had its number.
constexpr int most_attempts = 3;
constexpr std::size_t longest_signature = 1024;  // RSA of 8192 bits

/// The session, and with it what it knew, is of no use any more.
constexpr std::array<CK_RV, 14> deaths{
    CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,     CKR_TOKEN_NOT_PRESENT,
    CKR_TOKEN_NOT_RECOGNIZED,   CKR_DEVICE_REMOVED,     CKR_DEVICE_ERROR,
    CKR_USER_NOT_LOGGED_IN,     CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID,
    CKR_OPERATION_ACTIVE,       CKR_SLOT_ID_INVALID,    CKR_OPERATION_NOT_INITIALIZED,
    CKR_GENERAL_ERROR,          CKR_FUNCTION_FAILED};
constexpr std::array<CK_RV, 5> refusals_of_pin{
    CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_LOCKED, CKR_PIN_EXPIRED};

template <std::size_t Size>
bool is_among(CK_RV answer, const std::array<CK_RV, Size>& answers) {
  return std::ranges::find(answers, answer) != answers.end();
}

std::atomic<int> tokens{0};

}  // namespace

int Token::count() noexcept { return tokens; }

Token::Token(Library& library, TokenIdentity identity, const conf::Pkcs11Settings& settings,
             ReadPin read_pin)
    : library_(library),
      identity_(std::move(identity)),
      most_(settings.sessions),
      timeout_(settings.timeout),
      read_pin_(std::move(read_pin)) {
  ++tokens;
}

Token::~Token() {
  for (const auto& session : idle_) library_.C_CloseSession(session.handle);
  --tokens;
}

std::optional<TokenFault> Token::with_session(const Work& work) {
  CK_RV answer = CKR_OK;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    auto session = take();
    if (!session) return session.fault();
    answer = work(*session);
    if (!is_among(answer, deaths)) {
      give_back(std::move(*session));
      note_success();
      if (answer == CKR_OK) return std::nullopt;
      return TokenFault{TokenFault::Kind::key, to_text(answer)};
    }
    drop(*session);
  }
  note_failure(to_text(answer));
  return TokenFault{TokenFault::Kind::away, to_text(answer)};
}

Result<std::string, TokenFault> Token::sign(const KeyName& key, CK_MECHANISM_TYPE mechanism,
                                            std::string_view text) {
  std::string octets{text};
  std::string signature;
  bool is_there = true;
  const auto fault = with_session([&](Session& session) {
    auto known = session.keys.find(key);
    if (known == session.keys.end()) {
      const auto found =
          find(library_, session.handle, {CKO_PRIVATE_KEY, key.label, key.id});
      if (!found) return found.fault();
      is_there = found->size() == 1;
      if (!is_there) return CK_RV{CKR_OK};
      known = session.keys.emplace(key, found->front()).first;
    }
    CK_MECHANISM how{mechanism, nullptr, 0};
    if (const auto answer = library_.C_SignInit(session.handle, &how, known->second);
        answer != CKR_OK)
      return answer;
    signature.resize(longest_signature);
    CK_ULONG size = signature.size();
    const auto answer = library_.C_Sign(
        session.handle, reinterpret_cast<unsigned char*>(octets.data()), octets.size(),
        reinterpret_cast<unsigned char*>(signature.data()), &size);
    signature.resize(answer == CKR_OK ? std::min<std::size_t>(size, longest_signature) : 0);
    return answer;
  });
  if (fault) return Unexpected{*fault};
  if (!is_there)
    return Unexpected{TokenFault{TokenFault::Kind::key, "the token has no such key now"}};
  return signature;
}

Result<Session, TokenFault> Token::take() {
  std::unique_lock lock{mutex_};
  if (!freed_.wait_for(lock, timeout_, [&] { return !idle_.empty() || open_ < most_; }))
    return Unexpected{TokenFault{
        TokenFault::Kind::away,
        fmt::format("all {} sessions have been busy for pkcs11.timeout", most_)}};
  if (!idle_.empty()) {
    auto session = std::move(idle_.back());
    idle_.pop_back();
    return session;
  }
  if (is_failing_ && Steady::now() < not_before_)
    return Unexpected{TokenFault{TokenFault::Kind::away, failure_}};
  ++open_;
  const auto generation = generation_;
  lock.unlock();
  auto opened = open();
  if (opened) {
    opened->generation = generation;
    return std::move(*opened);
  }
  lock.lock();
  --open_;
  lock.unlock();
  freed_.notify_one();
  note_failure(opened.fault());
  return Unexpected{TokenFault{TokenFault::Kind::away, opened.fault()}};
}

void Token::give_back(Session session) {
  const auto handle = session.handle;
  bool is_kept = false;
  {
    const std::lock_guard lock{mutex_};
    is_kept = session.generation == generation_;
    if (is_kept)
      idle_.push_back(std::move(session));
    else
      --open_;
  }
  if (!is_kept) library_.C_CloseSession(handle);
  freed_.notify_one();
}

/// Its contemporaries met the same end, most likely.
void Token::drop(const Session& session) {
  std::vector<Session> dead{session};
  {
    const std::lock_guard lock{mutex_};
    if (session.generation == generation_) {
      ++generation_;
      dead.insert(dead.end(), idle_.begin(), idle_.end());
      idle_.clear();
    }
    open_ -= dead.size();
  }
  for (const auto& one : dead) library_.C_CloseSession(one.handle);
  freed_.notify_all();
}

Result<Session, std::string> Token::open() {
  const auto tokens = tokens_of(library_);
  if (!tokens) return Unexpected{to_text(tokens.fault())};
  const auto found = std::ranges::find(*tokens, identity_, &FoundToken::identity);
  if (found == tokens->end()) return Unexpected{std::string{"the token is not there"}};
  Session session;
  if (const auto answer = library_.C_OpenSession(found->slot, CKF_SERIAL_SESSION, nullptr,
                                                 nullptr, &session.handle);
      answer != CKR_OK)
    return Unexpected{"no session: " + to_text(answer)};
  if (auto fault = log_in(session.handle)) {
    library_.C_CloseSession(session.handle);
    return Unexpected{std::move(*fault)};
  }
  return session;
}

std::optional<std::string> Token::log_in(CK_SESSION_HANDLE session) {
  if (!read_pin_) return std::nullopt;
  const std::lock_guard lock{login_};
  CK_SESSION_INFO told{};
  if (library_.C_GetSessionInfo(session, &told) == CKR_OK &&
      told.state == CKS_RO_USER_FUNCTIONS)
    return std::nullopt;
  auto read = read_pin_();
  if (!read) return read.fault();
  SecretText pin = std::move(*read);
  const auto hash = std::hash<std::string_view>{}(pin.view());
  if (refused_pin_ == hash)
    return "the token refused the PIN, which is not tried again before pkcs11.pin_file "
           "holds another one";
  const auto answer = library_.C_Login(
      session, CKU_USER, reinterpret_cast<unsigned char*>(pin.octets()), pin.size());
  if (answer == CKR_OK || answer == CKR_USER_ALREADY_LOGGED_IN) return std::nullopt;
  if (is_among(answer, refusals_of_pin)) refused_pin_ = hash;
  return "no login: " + to_text(answer);
}

void Token::note_failure(const std::string& reason) {
  {
    const std::lock_guard lock{mutex_};
    not_before_ = Steady::now() + between_tries;
    failure_ = reason;
    if (std::exchange(is_failing_, true)) return;
  }
  log_event(Event::token_failing, {{"token", identity_.label}, {"reason", reason}});
}

void Token::note_success() {
  {
    const std::lock_guard lock{mutex_};
    if (!std::exchange(is_failing_, false)) return;
  }
  log_event(Event::token_recovered, {{"token", identity_.label}});
}

}  // namespace milterward::backends::pkcs11
