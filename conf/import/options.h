// SPDX-License-Identifier: Apache-2.0
// Files of the form
//     line = name 1*WSP value [ "#" comment ]       opendkim, opendmarc, dkimpy-milter
//     line = name "=" value [ "#" comment ]         spf-engine
// and what the parsers of those daemons do with them: the last of several lines counts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/import/draft.h"
#include "conf/import/old_files.h"
#include "policy/base/result.h"

namespace milterward::importing {

struct Option {
  std::string name;
  std::string value;  // trimmed; may be empty
  Origin origin;
};

enum class Separator { blank, equals };

/// In the order of the file. With Separator::blank a line "Include FILE" stands for the
/// lines of that file, at most five levels deep (opendkim.conf(5)).
Result<std::vector<Option>, Unreadable> read_options(const OldFiles& files,
                                                     const std::string& path,
                                                     Separator separator);

class Options {
 public:
  explicit Options(std::vector<Option> all) : all_(std::move(all)) {}
  /// The line that counts, whatever the case of its name; nullptr where there is none.
  const Option* find(std::string_view name) const;
  std::string value(std::string_view name, std::string_view otherwise = "") const;
  /// As these daemons read truth: by the first letter.
  bool is_true(std::string_view name, std::string_view otherwise = "no") const;
  const std::vector<Option>& all() const { return all_; }

 private:
  std::vector<Option> all_;
};

/// Reads each file and hands its options over; stops at the first fault.
std::optional<Unreadable> for_each_file(
    const OldFiles& files, const std::vector<std::string>& paths, Separator separator,
    const std::function<std::optional<Unreadable>(const Options&)>& take);

/// Hands over each option that counts, in the order of the file; of one that is said again
/// further down it tells that. Stops at the first fault.
std::optional<Unreadable> for_each_that_counts(
    Draft& draft, const Options& options,
    const std::function<std::optional<Unreadable>(const Option&)>& take);

bool means_true(std::string_view value);

/// What is between commas or blanks, without empty parts.
std::vector<std::string> items_of(std::string_view text);

/// Words without blanks.
std::vector<std::string> words_of(std::string_view text);

/// A file name as the daemon took it: beside `base` where it is relative.
std::string absolute(std::string_view path, std::string_view base);

}  // namespace milterward::importing
