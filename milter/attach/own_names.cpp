// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/own_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "milter/attach/milter_list.h"
#include "milter/attach/sql_query.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"
#include "policy/mail/network.h"

namespace milterward::attach {
namespace {

/// A file of patterns may name another file; Postfix allows it, nobody nests deep.
constexpr int deepest_file = 4;
/// Of octets that ::ffff:192.0.2.0 has in front of those of IPv4.
constexpr unsigned mapped_bits = 96;

void add(std::vector<std::string>& list, std::string text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

/// "hash:/etc/postfix/x"; a plain file and "[::1]/128" are none.
bool is_table(std::string_view item) {
  const auto colon = item.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         std::all_of(item.begin(), item.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return is_alnum(c) || c == '-' || c == '_'; }) &&
         is_alpha(item[0]) && item.find_first_of("/{", colon) != std::string_view::npos;
}

std::string_view type_of(std::string_view table) {
  auto rest = table;
  if (rest.starts_with("proxy:")) rest.remove_prefix(6);
  return rest.substr(0, rest.find(':'));
}

std::string_view path_of(std::string_view table) {
  auto rest = table;
  if (rest.starts_with("proxy:")) rest.remove_prefix(6);
  return rest.substr(rest.find(':') + 1);
}

/// postmap makes these from a text file that has the same name.
bool is_indexed(std::string_view type) {
  return type == "hash" || type == "btree" || type == "lmdb" || type == "cdb" ||
         type == "dbm" || type == "sdbm" || type == "texthash";
}

bool is_sql(std::string_view type) {
  return type == "mysql" || type == "pgsql" || type == "sqlite";
}

/// "[::ffff:127.0.0.0]/104" and "192.0.2.1" as we write networks.
std::optional<std::string> network_of(std::string_view item) {
  std::string text{item};
  std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return {};
  if (slash == std::string::npos) return Network::parse(address->text())->text();
  unsigned prefix = 0;
  const char* begin = text.data() + slash + 1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, prefix);
  if (error != std::errc{} || stop != end) return {};
  if (address->is_v4() && text.find(':') != std::string::npos) {
    if (prefix < mapped_bits) return {};
    prefix -= mapped_bits;
  }
  const auto network = Network::parse(fmt::format("{}/{}", address->text(), prefix));
  if (!network) return {};
  return network->text();
}

class Reader {
 public:
  Reader(const PostfixSetup& setup, const Readers& readers)
      : setup_(setup), readers_(readers) {}

  OwnNames read() {
    read_networks();
    for (const std::string_view parameter :
         {"mydestination", "relay_domains", "virtual_alias_domains",
          "virtual_mailbox_domains"})
      read_domains(parameter, std::string{setup_.meant_of(parameter)}, 0);
    if (domains_are_missing_)
      names_.notes.emplace_back(
          "relay.domains and directory.domain_files lack what is left out here: add it "
          "before "
          "you set relay.mode = \"enforce\"");
    read_owners();
    return std::move(names_);
  }

 private:
  void note(std::string_view parameter, std::string_view item, std::string_view why) {
    names_.notes.push_back(fmt::format("{}: {} {}", parameter, item, why));
  }

  void leave_out(std::string_view parameter, std::string_view item, std::string_view why) {
    domains_are_missing_ = domains_are_missing_ || parameter != "mynetworks";
    note(parameter, item, why);
  }

  /// The items of a file of patterns: one or more in a line, "#" begins a comment.
  std::optional<std::string> items_in(std::string_view parameter, const std::string& path) {
    const auto text = readers_.file(path);
    if (!text) {
      leave_out(parameter, path, fmt::format("is left out: {}", text.fault()));
      return {};
    }
    std::string items;
    for (const auto line : split(*text, '\n'))
      items += std::string{line.substr(0, line.find('#'))} + ' ';
    return items;
  }

  void read_networks() {
    std::vector<std::string> networks;
    std::string excluded;
    collect_networks(std::string{setup_.meant_of("mynetworks")}, 0, networks, excluded);
    if (!excluded.empty()) {
      note("mynetworks", excluded,
           "takes hosts out again, which relay.trusted_networks cannot: write "
           "relay.trusted_networks yourself");
      return;
    }
    names_.trusted_networks = std::move(networks);
  }

  void collect_networks(const std::string& value, int depth,
                        std::vector<std::string>& networks, std::string& excluded) {
    for (const auto& item : parse_milters(value)) {
      if (item.starts_with('!')) {
        excluded = item;
      } else if (item.starts_with('/')) {
        if (const auto items = depth < deepest_file ? items_in("mynetworks", item)
                                                    : std::optional<std::string>{})
          collect_networks(*items, depth + 1, networks, excluded);
      } else if (const auto network = network_of(item)) {
        add(networks, *network);
      } else {
        note("mynetworks", item,
             "is no network that can be taken over; write what it holds into "
             "relay.trusted_networks");
      }
    }
  }

  void read_domains(std::string_view parameter, const std::string& value, int depth) {
    for (const auto& item : parse_milters(value)) {
      if (item.starts_with('/')) {
        if (const auto items = depth < deepest_file ? items_in(parameter, item)
                                                    : std::optional<std::string>{})
          read_domains(parameter, *items, depth + 1);
      } else if (is_table(item)) {
        read_domain_table(parameter, item);
      } else if (const auto domain = Domain::parse(item)) {
        add_domain(parameter, *domain);
      } else {
        leave_out(parameter, item, "is no domain, and is left out");
      }
    }
  }

  /// relay_domains also stands for all below each, unless Postfix is told otherwise.
  void add_domain(std::string_view parameter, const Domain& domain) {
    add(names_.domains, domain.name());
    const auto lists = parse_milters(setup_.meant_of("parent_domain_matches_subdomains"));
    if (std::ranges::find(lists, parameter) != lists.end())
      add(names_.domains, "." + domain.name());
  }

  /// What to write into [directory.sql]; its settings may hold a password, which nobody is
  /// shown.
  std::string as_database(std::string_view table, std::string_view key,
                          std::string_view whole) const {
    const auto settings = readers_.file(std::string{path_of(table)});
    const auto query =
        settings ? query_for_us(*settings, whole) : std::optional<std::string>{};
    return fmt::format("is a database, which [directory.sql] can ask: {} = {}", key,
                       query ? fmt::format("\"{}\"", *query)
                             : fmt::format("its query, with :{} for '%s'", whole));
  }

  void read_domain_table(std::string_view parameter, const std::string& table) {
    const auto type = type_of(table);
    if (is_indexed(type) && readers_.file(std::string{path_of(table)})) {
      add(names_.domain_files, std::string{path_of(table)});
      return;
    }
    if (is_sql(type)) {
      leave_out(parameter, table,
                as_database(table, "directory.sql.domain_query", "domain"));
      return;
    }
    if (!is_indexed(type) && type != "inline") {
      leave_out(parameter, table, "cannot be listed; write its domains into relay.domains");
      return;
    }
    const auto listed = readers_.table(table);
    if (!listed) {
      leave_out(parameter, table, fmt::format("is left out: {}", listed.fault()));
      return;
    }
    for (const auto line : split(*listed, '\n')) {
      const auto key = trim(line.substr(0, line.find('\t')));
      if (const auto domain = Domain::parse(key)) add(names_.domains, domain->name());
    }
  }

  void read_owners() {
    for (const auto& item : parse_milters(setup_.meant_of("smtpd_sender_login_maps"))) {
      if (is_table(item) && is_indexed(type_of(item)) &&
          readers_.file(std::string{path_of(item)}))
        add(names_.owner_files, std::string{path_of(item)});
      else if (is_table(item) && is_sql(type_of(item)))
        note("smtpd_sender_login_maps", item,
             as_database(item, "directory.sql.owner_query", "address"));
      else
        note("smtpd_sender_login_maps", item,
             "cannot be read as a file; say who may write as whom in [directory]");
    }
    if (!names_.owner_files.empty())
      names_.delimiters = setup_.meant_of("recipient_delimiter");
  }

  const PostfixSetup& setup_;
  const Readers& readers_;
  bool domains_are_missing_ = false;
  OwnNames names_;
};

}  // namespace

OwnNames own_names(const PostfixSetup& setup, const Readers& readers) {
  return Reader{setup, readers}.read();
}

}  // namespace milterward::attach
