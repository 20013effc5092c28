// SPDX-License-Identifier: Apache-2.0
// A value or the reason why there is none: std::expected in small, until C++23.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

namespace milterward {

/// Wraps a fault so that `return Unexpected{Fault::x};` reads as what it is.
template <class E>
struct Unexpected {
  E fault;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

/// Either a `T` or a fault `E`. Reading the side that is not there throws
/// std::bad_variant_access: it is a bug, not an outcome.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  template <class U = T>
  requires std::is_convertible_v<U&&, T> &&
      (!std::is_same_v<std::remove_cvref_t<U>, Result>)Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  template <class F>
  requires std::is_convertible_v<F&&, E> Result(Unexpected<F> unexpected)
      : state_(std::in_place_index<1>, std::move(unexpected.fault)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const E& fault() const { return std::get<1>(state_); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  template <class U>
  T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  std::variant<T, E> state_;
};

}  // namespace milterward
