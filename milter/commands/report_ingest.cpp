// SPDX-License-Identifier: Apache-2.0
// `milterward report ingest`: reports that others sent, read by hand. Whoever runs it
// vouches for them, so they count.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "milter/commands/by_hand.h"
#include "milter/commands/complain.h"
#include "milter/commands/feedback_access.h"
#include "milter/status/line.h"
#include "policy/base/unreachable.h"
#include "policy/feedback/ingest.h"

namespace milterward::commands {
namespace {

constexpr std::size_t octets_of_a_megabyte = 1000 * 1000;

const char* to_text(ports::Kept kept) {
  switch (kept) {
    case ports::Kept::anew:
      return "kept";
    case ports::Kept::known:
      return "known";
    case ports::Kept::believed_now:
      return "believed now";
  }
  unreachable();
}

/// What became of one part of one file.
struct PartTold {
  std::string place;  // the file, and the part of the mail
  const ports::FeedbackReport* report = nullptr;
  std::string outcome;
  std::string reason;  // of what is refused
};

void print_part(const PartTold& told) {
  if (told.report == nullptr) {
    fmt::print(stderr, "{}: refused: {}\n", shown(told.place), shown(told.reason));
    return;
  }
  const auto& report = *told.report;
  const auto& head = feedback::head_of(report);
  const bool is_tls = feedback::kind_of(report) == ports::FeedbackKind::tls;
  fmt::print("{}: {}: {} report {} of {} about {}, {} to {}, {} {}\n", shown(told.place),
             told.outcome, is_tls ? "TLS" : "DMARC", shown(head.report_id),
             shown(head.organisation), feedback::domain_of(report),
             status::timestamp(head.begin), status::timestamp(head.end),
             feedback::count_of(report), is_tls ? "sessions" : "messages");
  for (const auto& note : head.notes) fmt::print("    note: {}\n", shown(note));
}

void print_part_object(const PartTold& told) {
  using status::for_json;
  nlohmann::ordered_json object;
  object["place"] = for_json(told.place);
  object["outcome"] = told.outcome;
  if (told.report == nullptr) {
    object["reason"] = for_json(told.reason);
  } else {
    const auto& head = feedback::head_of(*told.report);
    object["kind"] = to_text(feedback::kind_of(*told.report));
    object["organisation"] = for_json(head.organisation);
    object["report_id"] = for_json(head.report_id);
    object["domain"] = feedback::domain_of(*told.report);
    object["begin"] = status::timestamp(head.begin);
    object["end"] = status::timestamp(head.end);
    object["count"] = feedback::count_of(*told.report);
    auto notes = nlohmann::ordered_json::array();
    for (const auto& note : head.notes) notes.push_back(for_json(note));
    object["notes"] = std::move(notes);
  }
  fmt::print("{}\n", object.dump(-1, ' ', /*ensure_ascii=*/true));
}

void print_in_form(const PartTold& told, Output output) {
  if (output == Output::json)
    print_part_object(told);
  else
    print_part(told);
}

struct ReportText {
  std::string name;
  std::string text;
};

/// Read before this becomes another user, who may not.
std::vector<ReportText> read_reports(const std::vector<std::string>& files,
                                     bool& all_read) {
  std::vector<ReportText> texts;
  for (const auto& file : files) {
    auto text = content_of(file);
    if (text)
      texts.push_back({file == "-" ? "standard input" : file, std::move(*text)});
    else
      all_read = false;
  }
  return texts;
}

}  // namespace

int ingest_reports(const IngestArguments& arguments, const conf::Config& config,
                   const FeedbackTools& tools) {
  const auto& settings = config.feedback;
  bool all_well = true;
  auto files = arguments.files;
  if (files.empty()) files.emplace_back("-");
  const auto texts = read_reports(files, all_well);
  if (const auto fault = tools.become_the_daemon(config); !fault.empty())
    return complain("report ingest", fault);
  const auto store = tools.open_to_write(settings.file);
  const SystemClock clock;
  const feedback::IngestLimits limits{settings.max_unpacked * octets_of_a_megabyte};
  for (const auto& [name, text] : texts) {
    for (const auto& part : feedback::ingest_anything(text, limits, clock.today())) {
      PartTold told{part.name.empty() ? name : fmt::format("{}: {}", name, part.name),
                    nullptr, "refused", ""};
      if (!part.outcome) {
        told.reason = part.outcome.fault();
        all_well = false;
      } else {
        const auto kept = store->add(*part.outcome, {clock.today(), "", true});
        if (!kept) return complain("report ingest", kept.fault());
        told.report = &*part.outcome;
        told.outcome = to_text(*kept);
      }
      print_in_form(told, arguments.output);
    }
  }
  const auto gone =
      store->tidy(clock.today() - settings.keep, settings.max_size * octets_of_a_megabyte);
  if (!gone) return complain("report ingest", gone.fault());
  return all_well ? ok : failed;
}

}  // namespace milterward::commands
