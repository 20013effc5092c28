// SPDX-License-Identifier: Apache-2.0
#include "conf/values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

#include "conf/words.h"
#include "policy/base/ascii.h"
#include "policy/base/result.h"
#include "policy/base/unreachable.h"

namespace milterward::conf {
namespace {

using std::chrono::milliseconds;

template <class T>
struct Is {};  // chooses a parser by its result

template <class Value>
using Read = Result<Value, Complaint>;

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", printable(text, 80));
}

template <class Enum>
std::string words_of() {
  std::string all;
  for (const auto& word : words<Enum>)
    all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", word.word);
  return all;
}

template <class Enum>
requires std::is_enum_v<Enum> Read<Enum> read(Is<Enum>, std::string_view text) {
  for (const auto& word : words<Enum>)
    if (word.word == text) return word.value;
  return Unexpected{
      Complaint{quoted(text) + " is not a word it knows",
                (words<Enum>.size() > 1 ? "write one of " : "write ") + words_of<Enum>()}};
}

Read<milliseconds> read(Is<milliseconds>, std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t factor;
  };
  static constexpr auto units =
      std::to_array<Unit>({{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}});
  constexpr std::uint32_t longest = 1'000'000'000;

  const Unexpected no{Complaint{quoted(text) + " is not a duration",
                                "write a whole number with its unit: \"100ms\", \"5s\", "
                                "\"10m\" or \"2h\""}};
  std::uint32_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number > longest) return no;
  const std::string_view unit{stop, static_cast<std::size_t>(end - stop)};
  for (const auto& known : units)
    if (unit == known.name) return milliseconds{number * known.factor};
  return no;
}

Read<Domain> read(Is<Domain>, std::string_view text) {
  auto domain = Domain::parse(text);
  if (!domain)
    return Unexpected{Complaint{
        fmt::format("{} is not a domain ({})", quoted(text), to_text(domain.fault())),
        "write for example \"example.org\""}};
  return std::move(domain).value();
}

Read<DomainPattern> read(Is<DomainPattern>, std::string_view text) {
  const bool below = text.starts_with('.');
  auto domain = Domain::parse(below ? text.substr(1) : text);
  if (!domain)
    return Unexpected{Complaint{
        fmt::format("{} is not a domain ({})", quoted(text), to_text(domain.fault())),
        "write \"example.org\", or \".example.org\" for all below it"}};
  return DomainPattern{.domain = std::move(domain).value(), .subdomains_only = below};
}

/// The network that was meant where bits below the prefix are set.
std::string without_host_bits(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  unsigned prefix = 0;
  if (!address || slash == std::string_view::npos) return {};
  const auto rest = text.substr(slash + 1);
  std::from_chars(rest.data(), rest.data() + rest.size(), prefix);
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t i = 0; i < address->octets().size(); ++i) {
    const unsigned kept =
        prefix > 8 * i ? std::min<unsigned>(prefix - 8 * static_cast<unsigned>(i), 8) : 0;
    octets[i] = static_cast<std::uint8_t>(address->octets()[i] & (0xff00u >> kept));
  }
  const auto base = address->is_v4()
                        ? IpAddress::v4({octets[0], octets[1], octets[2], octets[3]})
                        : IpAddress::v6(octets);
  return fmt::format("{}/{}", base.text(), prefix);
}

Read<Network> read(Is<Network>, std::string_view text) {
  const auto network = Network::parse(text);
  if (network) return network.value();
  switch (network.fault()) {
    case AddressFault::malformed:
      return Unexpected{Complaint{quoted(text) + " is not a network",
                                  "write for example \"192.0.2.0/24\", \"2001:db8::/32\" "
                                  "or a single address"}};
    case AddressFault::bad_prefix:
      return Unexpected{Complaint{quoted(text) + " has no valid prefix length",
                                  "0 to 32 for IPv4, 0 to 128 for IPv6"}};
    case AddressFault::host_bits_set:
      return Unexpected{
          Complaint{quoted(text) + " has bits set behind its prefix",
                    "write " + quoted(without_host_bits(text)) + ", or the address alone"}};
  }
  unreachable();
}

Read<DnsServer> read(Is<DnsServer>, std::string_view text) {
  const auto sign = text.find('@');
  const auto address = IpAddress::parse(text.substr(0, sign));
  std::uint16_t port = 53;
  bool good = address.has_value();
  if (good && sign != std::string_view::npos) {
    const auto digits = text.substr(sign + 1);
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, port);
    good = error == std::errc{} && stop == end && port != 0;
  }
  if (!good)
    return Unexpected{Complaint{quoted(text) + " is not a DNS server",
                                "write an address, with its port if it is not 53: "
                                "\"127.0.0.1\" or \"::1@5353\""}};
  return DnsServer{.address = address.value(), .port = port};
}

std::optional<Complaint> outside(milliseconds value, const Bounds& bounds) {
  const auto beyond = [](std::string_view limit, std::string_view side) {
    return Complaint{
        fmt::format("is {} than {}", side, limit),
        fmt::format("write \"{}\" or {}", limit, side == "shorter" ? "more" : "less")};
  };
  if (!bounds.least.empty() && value < read(Is<milliseconds>{}, bounds.least).value())
    return beyond(bounds.least, "shorter");
  if (!bounds.most.empty() && value > read(Is<milliseconds>{}, bounds.most).value())
    return beyond(bounds.most, "longer");
  return std::nullopt;
}

template <class Value>
std::optional<Complaint> set_one(Value* place, std::string_view text,
                                 const Bounds& bounds) {
  auto value = read(Is<Value>{}, text);
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
    return Complaint{quoted(text) + " is not a file mode",
                     "write it in octal, for example \"0660\""};
  *place.bits = bits;
  return std::nullopt;
}

template <class Value>
std::optional<Complaint> set_one(std::vector<Value>* place, std::string_view text,
                                 const Bounds& bounds) {
  Value value;
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
  if constexpr (std::is_enum_v<Value>)
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
  else if constexpr (std::is_same_v<Value, Network>)
    return "network or address";
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

void set_fallback(const Slot& slot, std::string_view fallback, const Bounds& bounds) {
  const bool good = shape_of(slot) == Shape::list
                        ? set_list(slot, words_in(fallback), bounds).empty()
                        : !set_text(slot, fallback, bounds);
  if (!good) unreachable();
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
