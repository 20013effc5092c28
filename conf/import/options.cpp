// SPDX-License-Identifier: Apache-2.0
#include "conf/import/options.h"

#include <algorithm>
#include <optional>

#include "conf/import/quotation.h"
#include "policy/base/ascii.h"

namespace milterward::importing {
namespace {

constexpr int deepest_include = 5;

std::size_t end_of_name(std::string_view line, Separator separator) {
  return separator == Separator::equals ? line.find('=') : line.find_first_of(" \t");
}

class Reader {
 public:
  Reader(const OldFiles& files, Separator separator)
      : files_(files), separator_(separator) {}

  Result<std::vector<Option>, Unreadable> read(const std::string& path) {
    if (auto fault = read_file(path, {}, 0)) return Unexpected{std::move(*fault)};
    return std::move(options_);
  }

 private:
  std::optional<Unreadable> read_file(const std::string& path, const Origin& from,
                                      int depth) {
    const auto text = files_.read(path);
    if (!text) return Unreadable{from.file, from.line, path + " " + text.fault()};
    unsigned number = 0;
    for (const auto whole : split(*text, '\n')) {
      ++number;
      const auto line = trim(whole.substr(0, whole.find('#')));
      if (line.empty()) continue;
      const auto end = end_of_name(line, separator_);
      Option option{
          std::string{trim(line.substr(0, end))}, "", {path, number, quotation(line)}};
      if (end != std::string_view::npos) option.value = trim(line.substr(end + 1));
      if (separator_ == Separator::blank && equal_ignoring_case(option.name, "Include")) {
        if (depth == deepest_include)
          return Unreadable{path, number, "Include goes deeper than five levels"};
        if (auto fault = read_file(option.value, option.origin, depth + 1)) return fault;
        continue;
      }
      options_.push_back(std::move(option));
    }
    return std::nullopt;
  }

  const OldFiles& files_;
  Separator separator_;
  std::vector<Option> options_;
};

std::vector<std::string> parts_of(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : text) {
    if (separators.find(c) == std::string_view::npos) {
      part += c;
      continue;
    }
    if (!part.empty()) parts.push_back(std::move(part));
    part.clear();
  }
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

}  // namespace

Result<std::vector<Option>, Unreadable> read_options(const OldFiles& files,
                                                     const std::string& path,
                                                     Separator separator) {
  return Reader{files, separator}.read(path);
}

const Option* Options::find(std::string_view name) const {
  const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const Option& option) {
    return equal_ignoring_case(option.name, name);
  });
  return found == all_.rend() ? nullptr : &*found;
}

std::string Options::value(std::string_view name, std::string_view otherwise) const {
  const auto* option = find(name);
  return option != nullptr ? option->value : std::string{otherwise};
}

bool Options::is_true(std::string_view name, std::string_view otherwise) const {
  return means_true(value(name, otherwise));
}

std::optional<Unreadable> for_each_file(
    const OldFiles& files, const std::vector<std::string>& paths, Separator separator,
    const std::function<std::optional<Unreadable>(const Options&)>& take) {
  for (const auto& path : paths) {
    auto options = read_options(files, path, separator);
    if (!options) return options.fault();
    if (auto fault = take(Options{std::move(*options)})) return fault;
  }
  return std::nullopt;
}

std::optional<Unreadable> for_each_that_counts(
    Draft& draft, const Options& options,
    const std::function<std::optional<Unreadable>(const Option&)>& take) {
  for (const auto& option : options.all()) {
    if (options.find(option.name) != &option)
      draft.tell(Outcome::covered, option.origin,
                 "said again further down, where it counts");
    else if (auto fault = take(option))
      return fault;
  }
  return std::nullopt;
}

bool means_true(std::string_view value) {
  return !value.empty() &&
         std::string_view{"tTyY1"}.find(value.front()) != std::string_view::npos;
}

std::vector<std::string> items_of(std::string_view text) {
  return parts_of(text, ", \t\r\n");
}

std::vector<std::string> words_of(std::string_view text) {
  return parts_of(text, " \t\r\n");
}

std::string absolute(std::string_view path, std::string_view base) {
  if (path.starts_with("/") || base.empty()) return std::string{path};
  while (path.starts_with("./")) path.remove_prefix(2);
  return std::string{base} + (base.ends_with("/") ? "" : "/") + std::string{path};
}

}  // namespace milterward::importing
