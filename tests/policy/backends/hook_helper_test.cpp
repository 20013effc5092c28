// SPDX-License-Identifier: Apache-2.0
// Real programs, run by the helper process.
#include "policy/backends/hook_helper.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include "policy/backends/helper_process.h"
#include "tests/milter/temporary_directory.h"
#include "tests/policy/backends/recorded_events.h"

using namespace milterward;
using namespace milterward::backends;
using namespace std::chrono_literals;
using milterward::tests::RecordedEvents;
using milterward::tests::TemporaryDirectory;

namespace {

constexpr auto enough = 20s;

std::string content_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool comes_true(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + enough;
  do {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

struct Hooks {
  TemporaryDirectory directory;
  std::unique_ptr<ports::Hook> hook = start_hook_helper().value();

  /// A script whose directory is $D.
  ports::HookCall script(const std::string& text, const std::string& input = "",
                         std::chrono::milliseconds limit = enough) const {
    const auto path = directory.path("hook");
    std::ofstream{path} << "#!/bin/sh\nD=" << directory.path() << "\n" << text << "\n";
    ::chmod(path.c_str(), 0755);
    return {path, {"MILTERWARD_EVENT=store.failing", "ODD=a=b c"}, input, limit};
  }
  std::string fault(const ports::HookCall& call) const {
    return hook->run(call).value_or("none");
  }
  std::string written(const std::string& name) const {
    return content_of(directory.path(name));
  }
  std::string named(const std::string& fault) const {
    return directory.path("hook") + ": " + fault;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hook_helper)

BOOST_AUTO_TEST_CASE(a_hook_gets_its_input_its_environment_and_nothing_else) {
  const Hooks hooks;
  const std::string input(150'000, 'x');
  BOOST_TEST(
      hooks.fault(hooks.script("cat > $D/input; env > $D/environment; pwd > $D/place;"
                               "ls /proc/self/fd > $D/open",
                               input)) == "none");
  BOOST_TEST((hooks.written("input") == input));
  std::ifstream lines{hooks.directory.path("environment")};
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);)
    names.insert(line.substr(0, line.find('=')));
  // PWD, OLDPWD, SHLVL and _ are the shell's.
  for (const auto* own : {"PWD", "OLDPWD", "SHLVL", "_"}) names.erase(own);
  BOOST_TEST(names == (std::set<std::string>{"MILTERWARD_EVENT", "ODD", "PATH"}),
             boost::test_tools::per_element());
  BOOST_TEST(hooks.written("environment").find("ODD=a=b c\n") != std::string::npos);
  BOOST_TEST(hooks.written("place") == "/\n");
  BOOST_TEST(hooks.written("open") == "0\n1\n2\n3\n");  // 3 is what ls itself reads
}

BOOST_AUTO_TEST_CASE(a_hook_that_reads_nothing_is_no_worse) {
  const Hooks hooks;
  BOOST_TEST(hooks.fault(hooks.script("exit 0", std::string(150'000, 'x'))) == "none");
}

BOOST_AUTO_TEST_CASE(a_hook_that_fails_is_quoted) {
  const Hooks hooks;
  BOOST_TEST(hooks.fault(hooks.script("echo no route >&2; exit 3")) ==
             hooks.named("ended with status 3: no route"));
  BOOST_TEST(hooks.fault(hooks.script("exit 4")) == hooks.named("ended with status 4"));
  BOOST_TEST(hooks.fault(hooks.script("kill -SEGV $$")) ==
             hooks.named("was ended by signal 11"));
  BOOST_TEST(hooks.fault({"/nonexistent/hook", {}, "", enough}) ==
             "/nonexistent/hook: ended with status 127: No such file or directory");
}

BOOST_AUTO_TEST_CASE(of_long_output_the_last_words_are_quoted) {
  const Hooks hooks;
  const auto fault =
      hooks.fault(hooks.script("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); "
                               "done; echo the end; exit 1"));
  BOOST_TEST(fault.size() < 500U);
  BOOST_TEST(fault.ends_with("line 2999\nthe end"));
}

BOOST_AUTO_TEST_CASE(a_hook_that_hangs_is_killed_with_its_children_and_the_next_one_runs) {
  const Hooks hooks;
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(hooks.fault(hooks.script("sleep 300 & echo $! > $D/child; echo waiting; wait",
                                      "", 300ms)) ==
             hooks.named("did not end within 300ms and was killed: waiting"));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s));
  const auto child = std::stoi(hooks.written("child"));
  BOOST_TEST(comes_true([&] { return ::kill(child, 0) != 0; }));
  BOOST_TEST(hooks.fault(hooks.script("exit 0")) == "none");
}

BOOST_AUTO_TEST_CASE(what_a_hook_leaves_running_does_not_outlive_it) {
  const Hooks hooks;
  BOOST_TEST(hooks.fault(hooks.script("sleep 300 & echo $! > $D/child; exit 0")) == "none");
  const auto child = std::stoi(hooks.written("child"));
  BOOST_TEST(comes_true([&] { return ::kill(child, 0) != 0; }));
}

BOOST_AUTO_TEST_CASE(who_leaves_the_group_and_writes_on_holds_up_nobody) {
  const Hooks hooks;
  const auto fault =
      hooks.fault(hooks.script("export D; setsid sh -c 'echo $$ > $D/child; exec yes' &\n"
                               "while [ ! -s $D/child ]; do sleep 0.01; done; exit 5"));
  BOOST_TEST(fault.starts_with(hooks.named("ended with status 5")));
  ::kill(std::stoi(hooks.written("child")), SIGKILL);
}

BOOST_AUTO_TEST_CASE(a_hook_cannot_gain_rights_nor_use_up_the_machine) {
  const Hooks hooks;
  BOOST_TEST(hooks.fault(hooks.script("grep NoNewPrivs /proc/self/status > $D/rights;"
                                      "ulimit -n > $D/files; ulimit -c > $D/core;"
                                      "ulimit -d > $D/memory; ulimit -t > $D/time")) ==
             "none");
  BOOST_TEST(hooks.written("rights") == "NoNewPrivs:\t1\n");
  BOOST_TEST(hooks.written("files") == "256\n");
  BOOST_TEST(hooks.written("core") == "0\n");
  BOOST_TEST(hooks.written("memory") == "524288\n");
  BOOST_TEST(hooks.written("time") == "20\n");
}

BOOST_AUTO_TEST_CASE(a_hook_obeys_signals_that_the_daemon_ignores) {
  const Hooks hooks;
  BOOST_TEST(hooks.fault(hooks.script("kill -TERM $$; exit 0")) ==
             hooks.named("was ended by signal 15"));
  BOOST_TEST(hooks.fault(hooks.script("kill -PIPE $$; exit 0")) ==
             hooks.named("was ended by signal 13"));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_run_under_way_and_all_later_ones) {
  const RecordedEvents events;
  const Hooks hooks;
  const auto call = hooks.script("echo $$ > $D/pid; exec sleep 300");
  std::thread stopper{[&] {
    comes_true([&] { return !hooks.written("pid").empty(); });
    hooks.hook->stop();
  }};
  BOOST_TEST(hooks.fault(call) == hooks.named("the daemon ends"));
  stopper.join();
  const auto pid = std::stoi(hooks.written("pid"));
  BOOST_TEST(comes_true([&] { return ::kill(pid, 0) != 0; }));
  BOOST_TEST(hooks.fault(call) == hooks.named("the daemon ends"));
  BOOST_TEST(events.texts().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(helper_process)

BOOST_AUTO_TEST_CASE(a_helper_that_dies_is_told_once) {
  const RecordedEvents events;
  const auto helper = HelperProcess::start("milterward-test", [](const auto&, int) {
                        return std::optional<std::string>{};
                      }).value();
  BOOST_TEST(!helper->ask({"a", "", "b"}).has_value());
  ::kill(helper->pid(), SIGKILL);
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(helper->ask({"a"}).value_or("") == "the helper process is gone");
  BOOST_TEST(
      events.texts() == std::vector<std::string>{"notify.helper_gone by=milterward-test"},
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(questions_keep_their_parts_and_answers_their_words) {
  const auto helper = HelperProcess::start("milterward-test", [](const auto& parts, int) {
                        return std::optional{std::to_string(parts.size()) + parts.at(1)};
                      }).value();
  BOOST_TEST(helper->ask({"", "one", "", ""}).value_or("") == "4one");
}

BOOST_AUTO_TEST_CASE(a_question_that_is_too_long_harms_nobody) {
  const auto helper = HelperProcess::start("milterward-test", [](const auto&, int) {
                        return std::optional<std::string>{};
                      }).value();
  BOOST_TEST(helper->ask({std::string(4U << 20, 'x')}).value_or("") == "it is too long");
  BOOST_TEST(!helper->ask({"a"}).has_value());
}

BOOST_AUTO_TEST_CASE(a_helper_has_its_name_and_its_socket_and_ends_with_us) {
  auto helper = HelperProcess::start("milterward-test", [](const auto&, int) {
                  return std::optional<std::string>{};
                }).value();
  BOOST_TEST(!helper->ask({"a"}).has_value());  // it has settled
  const auto place = "/proc/" + std::to_string(helper->pid());
  BOOST_TEST(content_of(place + "/comm") == "milterward-test\n");
  std::set<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator{place + "/fd"})
    open.insert(entry.path().filename());
  BOOST_TEST(open == (std::set<std::string>{"0", "1", "2", "3"}),
             boost::test_tools::per_element());
  ::kill(helper->pid(), SIGTERM);  // as a service manager sends it to all of a service
  BOOST_TEST(!helper->ask({"a"}).has_value());
  const auto pid = helper->pid();
  helper.reset();
  BOOST_TEST(::kill(pid, 0) != 0);
}

BOOST_AUTO_TEST_SUITE_END()
