// SPDX-License-Identifier: Apache-2.0
// How one value is read, whatever file it stands in: the words, durations, networks and
// servers of the configuration, each with the complaint that helps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/forms.h"
#include "conf/problem.h"
#include "conf/slot.h"

namespace milterward::conf {

/// What TOML calls the type a value must have.
enum class Shape { text, truth, integer, list };
Shape shape_of(const Slot& slot);

/// What a value must keep to beyond its type. Limits are written like the value itself and
/// are included; "" for none.
struct Bounds {
  const Form* form = nullptr;  // of text, and of each item of a list of text
  std::string_view least = "";
  std::string_view most = "";
};

/// Puts `text` where `slot` points; the place keeps its value when there is a complaint.
/// Only for slots of Shape::text.
std::optional<Complaint> set_text(const Slot& slot, std::string_view text,
                                  const Bounds& bounds);
/// Only for slots of Shape::truth.
void set_truth(const Slot& slot, bool value);
/// Only for slots of Shape::integer.
std::optional<Complaint> set_integer(const Slot& slot, std::int64_t value,
                                     const Bounds& bounds);
/// Sets the good items and complains about the others by their index. Only for slots of
/// Shape::list.
std::vector<std::pair<std::size_t, Complaint>> set_list(
    const Slot& slot, const std::vector<std::string>& items, const Bounds& bounds);

/// Sets what is written as a default is: lists are separated by blanks. Only for slots of
/// Shape::text and Shape::list.
std::vector<Complaint> set_written(const Slot& slot, std::string_view text,
                                   const Bounds& bounds);

/// Sets a default. One that does not fit is a bug of the table and ends the process.
void set_fallback(const Slot& slot, std::string_view fallback, const Bounds& bounds);

/// "a duration", "one of \"monitor\", \"enforce\"": for complaints and for the manual.
std::string describe(const Slot& slot, const Bounds& bounds);

/// `fallback` as it is written in TOML: quoted, bare, or a list in brackets.
std::string as_toml(const Slot& slot, std::string_view fallback);

}  // namespace milterward::conf
