// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/aggregate_document.h"

#include <fmt/format.h>

#include <pugixml.hpp>

namespace milterward::reports {
namespace {

using pugi::xml_node;

void add(xml_node parent, const char* name, std::string_view text) {
  parent.append_child(name).text().set(std::string{text}.c_str());
}

void add_head(xml_node feedback, const ReportHead& head, const PublishedPolicy& policy) {
  auto metadata = feedback.append_child("report_metadata");
  add(metadata, "org_name", as_value(head.organization));
  add(metadata, "email", as_value(head.email));
  if (!head.contact.empty())
    add(metadata, "extra_contact_info", as_value(head.contact, comment_limit));
  add(metadata, "report_id", head.report_id);
  auto range = metadata.append_child("date_range");
  add(range, "begin", std::to_string(head.begin.count()));
  // Periods do not overlap, and the end is in its own.
  add(range, "end", std::to_string(head.end.count() - 1));
  if (policy.is_faulty)
    add(metadata, "error",
        fmt::format("the DMARC record of {} has no valid policy and counts as p=none",
                    policy.domain));
  add(metadata, "generator", "Milterward " MILTERWARD_VERSION);
}

void add_policy(xml_node feedback, const PublishedPolicy& policy) {
  using auth::to_text;
  const auto mode = [](auth::AlignmentMode alignment) {
    return alignment == auth::AlignmentMode::strict ? "s" : "r";
  };
  auto published = feedback.append_child("policy_published");
  add(published, "domain", policy.domain);
  add(published, "discovery_method",
      policy.discovery == conf::DmarcDiscovery::psl ? "psl" : "treewalk");
  add(published, "p", to_text(policy.p));
  add(published, "sp", to_text(policy.sp));
  add(published, "np", to_text(policy.np));
  add(published, "fo", policy.fo);
  add(published, "adkim", mode(policy.adkim));
  add(published, "aspf", mode(policy.aspf));
  add(published, "testing", policy.is_testing ? "y" : "n");
}

void add_row(xml_node feedback, const AggregateRow& row, std::uint64_t count) {
  auto record = feedback.append_child("record");
  auto counted = record.append_child("row");
  add(counted, "source_ip", row.source_ip);
  add(counted, "count", std::to_string(count));
  auto evaluated = counted.append_child("policy_evaluated");
  add(evaluated, "disposition", to_text(row.disposition));
  add(evaluated, "dkim", row.dkim_is_aligned ? "pass" : "fail");
  add(evaluated, "spf", row.spf_is_aligned ? "pass" : "fail");
  if (row.reason) {
    auto reason = evaluated.append_child("reason");
    add(reason, "type", to_text(row.reason->type));
    if (!row.reason->comment.empty()) add(reason, "comment", row.reason->comment);
  }
  auto identifiers = record.append_child("identifiers");
  add(identifiers, "header_from", row.header_from);
  add(identifiers, "envelope_from", row.envelope_from);
  auto results = record.append_child("auth_results");
  for (const auto& signature : row.dkim) {
    auto dkim = results.append_child("dkim");
    add(dkim, "domain", signature.domain);
    add(dkim, "selector", signature.selector);
    add(dkim, "result", to_text(signature.result));
  }
  if (!row.spf) return;
  auto spf = results.append_child("spf");
  add(spf, "domain", row.spf->domain);
  add(spf, "scope", "mfrom");
  add(spf, "result", to_text(row.spf->result));
}

struct Into final : pugi::xml_writer {
  explicit Into(std::string& into) : text(into) {}
  void write(const void* octets, std::size_t size) override {
    text.append(static_cast<const char*>(octets), size);
  }
  std::string& text;
};

}  // namespace

std::string aggregate_document(const ReportHead& head, const PublishedPolicy& policy,
                               std::span<const CountedRow> rows) {
  pugi::xml_document document;
  auto declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  auto feedback = document.append_child("feedback");
  feedback.append_attribute("xmlns") = "urn:ietf:params:xml:ns:dmarc-2.0";
  add(feedback, "version", "1.0");
  add_head(feedback, head, policy);
  add_policy(feedback, policy);
  for (const auto& [row, count] : rows) add_row(feedback, row, count);
  std::string text;
  Into into{text};
  document.save(into, " ", pugi::format_indent, pugi::encoding_utf8);
  return text;
}

}  // namespace milterward::reports
