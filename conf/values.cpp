// SPDX-License-Identifier: Apache-2.0
#include "conf/values.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "conf/parse.h"
#include "conf/quota_limit.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::conf {
namespace {

using std::chrono::milliseconds;

std::optional<Complaint> outside(milliseconds value, const Bounds& bounds) {
  const auto beyond = [](std::string_view limit, std::string_view side) {
    return Complaint{
        fmt::format("is {} than {}", side, limit),
        fmt::format("write \"{}\" or {}", limit, side == "shorter" ? "more" : "less")};
  };
  if (!bounds.least.empty() && value < parse(Is<milliseconds>{}, bounds.least).value())
    return beyond(bounds.least, "shorter");
  if (!bounds.most.empty() && value > parse(Is<milliseconds>{}, bounds.most).value())
    return beyond(bounds.most, "longer");
  return std::nullopt;
}

template <class Value>
std::optional<Complaint> set_one(Value* place, std::string_view text,
                                 const Bounds& bounds) {
  auto value = parse(Is<Value>{}, text);
  if (!value) return value.fault();
  if constexpr (std::is_same_v<Value, milliseconds>)
    if (auto complaint = outside(*value, bounds)) return complaint;
  *place = std::move(*value);
  return std::nullopt;
}

std::optional<Complaint> set_one(std::string* place, std::string_view text,
                                 const Bounds& bounds) {
  if (auto complaint = (bounds.form ? *bounds.form : any_text).check(text))
    return complaint;
  *place = text;
  return std::nullopt;
}

std::optional<Complaint> set_one(FileMode place, std::string_view text, const Bounds&) {
  unsigned bits = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, bits, 8);
  if (error != std::errc{} || stop != end || bits > 0777)
    return Complaint{in_quotes(text) + " is not a file mode",
                     "write it in octal, for example \"0660\""};
  *place.bits = bits;
  return std::nullopt;
}

template <class Value>
std::optional<Complaint> set_one(std::vector<Value>* place, std::string_view text,
                                 const Bounds& bounds) {
  Value value{};
  if (auto complaint = set_one(&value, text, bounds)) return complaint;
  place->push_back(std::move(value));
  return std::nullopt;
}

/// Truth values and whole numbers are not texts in TOML; only a default comes this way.
std::optional<Complaint> set_one(bool* place, std::string_view text, const Bounds&) {
  *place = text == "true";
  return std::nullopt;
}
std::optional<Complaint> set_one(std::size_t* place, std::string_view text, const Bounds&) {
  std::from_chars(text.data(), text.data() + text.size(), *place);
  return std::nullopt;
}

std::size_t size_or(std::string_view text, std::size_t otherwise) {
  std::from_chars(text.data(), text.data() + text.size(), otherwise);
  return otherwise;
}

template <class Value>
std::string name_of(Is<Value>, const Bounds& bounds) {
  if constexpr (std::is_same_v<Value, Event>)
    return "event";
  else if constexpr (std::is_enum_v<Value>)
    return (words<Value>.size() > 1 ? "one of " : "") + words_of<Value>();
  else if constexpr (std::is_same_v<Value, std::string>)
    return std::string{(bounds.form ? *bounds.form : any_text).name};
  else if constexpr (std::is_same_v<Value, milliseconds>)
    return fmt::format("duration, {} to {}", bounds.least, bounds.most);
  else if constexpr (std::is_same_v<Value, bool>)
    return "true or false";
  else if constexpr (std::is_same_v<Value, std::size_t>)
    return fmt::format("whole number, {} to {}", bounds.least, bounds.most);
  else if constexpr (std::is_same_v<Value, Domain>)
    return "domain";
  else if constexpr (std::is_same_v<Value, DomainPattern>)
    return "domain, or .domain for all below it";
  else if constexpr (std::is_same_v<Value, AddressPattern>)
    return "address, domain, .domain for all below it, or *";
  else if constexpr (std::is_same_v<Value, Network>)
    return "network or address";
  else if constexpr (std::is_same_v<Value, QuotaLimit>)
    return "limit";
  else if constexpr (std::is_same_v<Value, ReturnCodes>)
    return "answer in 127.0.0.0/8, with - for a range and * for any octet";
  else
    return "address or address@port";
}

template <class Value>
std::string name_of(Is<std::vector<Value>>, const Bounds& bounds) {
  return "list, each " + name_of(Is<Value>{}, bounds);
}

struct ShapeOf {
  template <class Value>
  Shape operator()(Value*) const {
    if constexpr (std::is_same_v<Value, bool>) return Shape::truth;
    return std::is_same_v<Value, std::size_t> ? Shape::integer : Shape::text;
  }
  template <class Value>
  Shape operator()(std::vector<Value>*) const {
    return Shape::list;
  }
  Shape operator()(FileMode) const { return Shape::text; }
};

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> found;
  for (const auto word : split(text, ' '))
    if (!word.empty()) found.emplace_back(word);
  return found;
}

}  // namespace

Shape shape_of(const Slot& slot) { return std::visit(ShapeOf{}, slot); }

std::optional<Complaint> set_text(const Slot& slot, std::string_view text,
                                  const Bounds& bounds) {
  return std::visit([&](auto place) { return set_one(place, text, bounds); }, slot);
}

void set_truth(const Slot& slot, bool value) { *std::get<bool*>(slot) = value; }

std::optional<Complaint> set_integer(const Slot& slot, std::int64_t value,
                                     const Bounds& bounds) {
  const auto least = size_or(bounds.least, 0);
  const auto most = size_or(bounds.most, INT64_MAX);
  if (value < 0 || static_cast<std::size_t>(value) < least)
    return Complaint{fmt::format("{} is too small", value),
                     fmt::format("write {} or more", least)};
  if (static_cast<std::size_t>(value) > most)
    return Complaint{fmt::format("{} is too large", value),
                     fmt::format("write {} or less", most)};
  *std::get<std::size_t*>(slot) = static_cast<std::size_t>(value);
  return std::nullopt;
}

std::vector<std::pair<std::size_t, Complaint>> set_list(
    const Slot& slot, const std::vector<std::string>& items, const Bounds& bounds) {
  std::vector<std::pair<std::size_t, Complaint>> complaints;
  std::visit(
      [](auto place) {
        if constexpr (requires { place->clear(); }) place->clear();
      },
      slot);
  for (std::size_t i = 0; i < items.size(); ++i)
    if (auto complaint = set_text(slot, items[i], bounds))
      complaints.emplace_back(i, std::move(*complaint));
  return complaints;
}

std::vector<Complaint> set_written(const Slot& slot, std::string_view text,
                                   const Bounds& bounds) {
  std::vector<Complaint> complaints;
  if (shape_of(slot) == Shape::list) {
    for (auto& [index, complaint] : set_list(slot, words_in(text), bounds))
      complaints.push_back(std::move(complaint));
  } else if (auto complaint = set_text(slot, text, bounds)) {
    complaints.push_back(std::move(*complaint));
  }
  return complaints;
}

void set_fallback(const Slot& slot, std::string_view fallback, const Bounds& bounds) {
  if (!set_written(slot, fallback, bounds).empty()) unreachable();
}

std::string describe(const Slot& slot, const Bounds& bounds) {
  return std::visit(
      [&](auto place) -> std::string {
        if constexpr (std::is_same_v<decltype(place), FileMode>)
          return "octal file mode";
        else
          return name_of(Is<std::remove_pointer_t<decltype(place)>>{}, bounds);
      },
      slot);
}

std::string as_toml(const Slot& slot, std::string_view fallback) {
  switch (shape_of(slot)) {
    case Shape::text:
      return fmt::format("\"{}\"", fallback);
    case Shape::truth:
    case Shape::integer:
      return std::string{fallback};
    case Shape::list: {
      std::string items;
      for (const auto& item : words_in(fallback))
        items += fmt::format("{}\"{}\"", items.empty() ? "" : ", ", item);
      return "[" + items + "]";
    }
  }
  unreachable();
}

}  // namespace milterward::conf
