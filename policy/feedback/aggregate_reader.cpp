// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/aggregate_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <pugixml.hpp>
#include <string_view>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/feedback/markup_census.h"
#include "policy/feedback/plain_text.h"
#include "policy/mail/domain.h"

namespace milterward::feedback {
namespace {

using ports::AggregateReport;
using ports::AggregateRow;
using ports::Disposition;

/// Without its prefix: "dmarc:row" is a row.
std::string_view local_name(pugi::xml_node node) {
  const std::string_view name = node.name();
  return name.substr(name.rfind(':') + 1);  // npos + 1 is 0
}

bool is_named(pugi::xml_node node, std::string_view name) {
  return node.type() == pugi::node_element && equal_ignoring_case(local_name(node), name);
}

pugi::xml_node child_of(pugi::xml_node node, std::string_view name) {
  for (const auto child : node.children())
    if (is_named(child, name)) return child;
  return {};
}

/// The first text or CDATA of the child; "" where there is none.
std::string_view text_of(pugi::xml_node node, std::string_view name) {
  return trim(child_of(node, name).child_value());
}

void note(ports::FeedbackHead& head, std::string text) {
  if (head.notes.size() < list_limit) head.notes.push_back(std::move(text));
}

std::string name_of(std::string_view text) {
  const auto domain = Domain::parse(trim(text));
  return domain ? domain->name() : std::string{};
}

/// "" where it is none of the three.
std::string policy_word(std::string_view text) {
  for (const auto word : {Disposition::none, Disposition::quarantine, Disposition::reject})
    if (equal_ignoring_case(text, to_text(word))) return std::string{to_text(word)};
  return {};
}

/// What was not done is none: "pass" of RFC 9990, and words that nobody knows.
Disposition disposition_of(std::string_view text) {
  if (equal_ignoring_case(text, "quarantine")) return Disposition::quarantine;
  if (equal_ignoring_case(text, "reject")) return Disposition::reject;
  return Disposition::none;
}

bool is_pass(std::string_view text) { return equal_ignoring_case(text, "pass"); }

/// Is the result about the domain that the reader of the mail sees, or one of the same
/// family?
bool is_related(const std::string& domain, const std::string& author) {
  const auto is_below = [](const std::string& name, const std::string& other) {
    return name == other || name.ends_with("." + other);
  };
  return is_below(domain, author) || is_below(author, domain);
}

template <class Item>
void append(std::vector<Item>& items, Item item) {
  if (items.size() < list_limit && std::ranges::find(items, item) == items.end())
    items.push_back(std::move(item));
}

void read_dkim(pugi::xml_node result, AggregateRow& row) {
  const auto domain = name_of(text_of(result, "domain"));
  if (domain.empty()) return;
  const auto selector = plain(text_of(result, "selector"));
  const auto word = to_lower(plain(text_of(result, "result")));
  if (is_pass(word))
    append(row.dkim_passed, {domain, selector});
  else if (!word.empty() && word != "none" && is_related(domain, row.header_from))
    append(row.dkim_failed,
           fmt::format("{} ({})", selector.empty() ? domain : selector, word));
}

void read_spf(pugi::xml_node result, AggregateRow& row) {
  const auto domain = name_of(text_of(result, "domain"));
  if (domain.empty()) return;
  const auto word = to_lower(plain(text_of(result, "result")));
  if (is_pass(word))
    append(row.spf_passed, domain);
  else if (!word.empty() && is_related(domain, row.header_from))
    append(row.spf_failed, word);
}

/// The row, or why it cannot be counted.
Result<AggregateRow, std::string> read_row(pugi::xml_node record,
                                           const std::string& domain) {
  const auto row = child_of(record, "row");
  const auto evaluated = child_of(row, "policy_evaluated");
  const auto wrong = [](const char* what, std::string_view value) {
    return Unexpected{
        fmt::format("{} is {}", what, value.empty() ? "missing" : plain(value))};
  };
  AggregateRow read;
  const auto source = text_of(row, "source_ip");
  const auto address = IpAddress::parse(source);
  if (!address) return wrong("source_ip", source);
  read.source = *address;
  const auto count = parse_count(text_of(row, "count"));
  if (!count) return wrong("count", text_of(row, "count"));
  read.count = *count;
  if (!evaluated) return wrong("policy_evaluated", "");
  read.disposition = disposition_of(text_of(evaluated, "disposition"));
  read.dkim = is_pass(text_of(evaluated, "dkim"));
  read.spf = is_pass(text_of(evaluated, "spf"));
  for (const auto reason : evaluated.children())
    if (is_named(reason, "reason"))
      if (auto type = to_lower(plain(text_of(reason, "type"))); !type.empty())
        append(read.reasons, std::move(type));
  auto identifiers = child_of(record, "identifiers");
  if (!identifiers) identifiers = child_of(record, "identities");  // RFC 7489's example
  read.header_from = name_of(text_of(identifiers, "header_from"));
  if (read.header_from.empty()) read.header_from = domain;
  for (const auto result : child_of(record, "auth_results").children()) {
    if (is_named(result, "dkim")) read_dkim(result, read);
    if (is_named(result, "spf")) read_spf(result, read);
  }
  return read;
}

/// Rows anywhere below the root: some wrap them once more.
std::string read_rows(pugi::xml_node parent, AggregateReport& report, bool may_be_wrapped) {
  std::size_t left_out = 0;
  std::string first_fault;
  for (const auto child : parent.children()) {
    if (may_be_wrapped && is_named(child, "records")) {
      if (auto fault = read_rows(child, report, false); !fault.empty()) return fault;
    }
    if (!is_named(child, "record")) continue;
    if (report.rows.size() + left_out == row_limit)
      return fmt::format("it has more than {} records", row_limit);
    auto row = read_row(child, report.domain);
    if (row) {
      report.rows.push_back(std::move(*row));
      continue;
    }
    if (left_out++ == 0) first_fault = row.fault();
  }
  if (left_out == 0) return {};
  if (report.rows.empty())
    return fmt::format("none of its {} records can be counted: {}", left_out, first_fault);
  note(report.head, fmt::format("{} record{} left out: {}", left_out,
                                left_out == 1 ? " is" : "s are", first_fault));
  return {};
}

/// "", or why the head says too little.
std::string read_head(pugi::xml_node root, AggregateReport& report) {
  auto& head = report.head;
  const auto metadata = child_of(root, "report_metadata");
  if (!metadata) return "it has no report_metadata";
  head.organisation = plain(text_of(metadata, "org_name"));
  head.contact = plain(text_of(metadata, "email"));
  head.report_id = plain(text_of(metadata, "report_id"));
  if (head.organisation.empty()) {
    if (head.contact.empty()) return "it does not say who reports: no org_name, no email";
    head.organisation = head.contact;
    note(head, "there is no org_name; the address of its sender stands for it");
  }
  if (head.report_id.empty())
    return "it has no report_id, by which it could be known again";
  const auto range = child_of(metadata, "date_range");
  const auto begin = parse_report_time(text_of(range, "begin"));
  const auto end = parse_report_time(text_of(range, "end"));
  if (!begin || !end)
    return fmt::format("its date_range is not one: \"{}\" to \"{}\"",
                       plain(text_of(range, "begin")), plain(text_of(range, "end")));
  head.begin = std::min(*begin, *end);
  head.end = std::max(*begin, *end);
  if (*begin > *end) note(head, "its date_range ends before it begins; it is turned round");
  if (head.end - head.begin > period_limit)
    return fmt::format("its date_range is longer than {} days", period_limit.count());
  if (const auto error = plain(text_of(metadata, "error")); !error.empty())
    note(head, "its sender says: " + error);
  return {};
}

std::string read_policy(pugi::xml_node root, AggregateReport& report) {
  const auto published = child_of(root, "policy_published");
  if (!published) return "it has no policy_published";
  const auto domain = text_of(published, "domain");
  report.domain = name_of(domain);
  if (report.domain.empty())
    return domain.empty() ? "it does not say about which domain it is"
                          : fmt::format("its domain, {}, is none", plain(domain));
  report.policy = policy_word(text_of(published, "p"));
  report.subdomains = policy_word(text_of(published, "sp"));
  return {};
}

/// "", or why no tree is made of it.
std::string why_not_parsed(std::string_view text, std::size_t most_octets) {
  const auto census = census_of_xml(text);
  if (census.has_doctype)
    return "it has a document type declaration, where entities are declared; no report has "
           "one";
  if (census.depth > xml_depth_limit)
    return fmt::format("its elements are nested more than {} deep", xml_depth_limit);
  if (census.nodes > most_octets / octets_of_a_node)
    return fmt::format("it has more than {} elements, texts and attributes",
                       most_octets / octets_of_a_node);
  return {};
}

}  // namespace

Result<AggregateReport, std::string> read_aggregate(std::string text,
                                                    std::size_t most_octets) {
  if (auto fault = why_not_parsed(text, most_octets); !fault.empty())
    return Unexpected{std::move(fault)};
  pugi::xml_document document;
  const auto parsed = document.load_buffer_inplace(text.data(), text.size(),
                                                   pugi::parse_escapes | pugi::parse_cdata,
                                                   pugi::encoding_utf8);
  if (!parsed)
    return Unexpected{fmt::format("it is no well-formed XML: {} at octet {}",
                                  to_lower(parsed.description()), parsed.offset)};
  const auto root = document.document_element();
  if (!is_named(root, "feedback"))
    return Unexpected{
        fmt::format("it is no DMARC report: its root is \"{}\", not "
                    "\"feedback\"",
                    plain(root.name()))};
  AggregateReport report;
  for (auto* step : {&read_head, &read_policy})
    if (auto fault = step(root, report); !fault.empty())
      return Unexpected{std::move(fault)};
  if (auto fault = read_rows(root, report, /*may_be_wrapped=*/true); !fault.empty())
    return Unexpected{std::move(fault)};
  if (report.rows.empty()) note(report.head, "it has no record");
  return report;
}

}  // namespace milterward::feedback
