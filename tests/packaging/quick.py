#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One thing that has to be right before packages are built.

    quick.py CHECK BUILD-DIRECTORY PROGRAM CMAKE
    quick.py --list    the names of all checks

A check is a function that yields complaints; without one the exit code is 0.
"""
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import materials

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
PACKAGING = TOP / "packaging"

# Every builder of Debian packages has a compiler; what else install-deps brings and the packages
# do without.
NOT_IN_CONTROL = {"g++", "ccache"}
# For the packages alone; python3 runs the tests.
ONLY_IN_CONTROL = {"debhelper-compat", "dh-apparmor", "python3"}
# What `systemd-analyze security` may find, in tenths of its scale of ten.
EXPOSURE = 15


class Build:
    def __init__(self, directory, program, cmake):
        self.directory, self.program, self.cmake = Path(directory), program, cmake

    def cached(self, name):
        found = re.search(rf"^{name}:\w+=(.*)$",
                          (self.directory / "CMakeCache.txt").read_text(), re.MULTILINE)
        return found.group(1)

    def install_below(self, stage):
        subprocess.run([self.cmake, "--install", self.directory], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "DESTDIR": stage})

    def said(self, *arguments):
        return subprocess.run([self.program, *arguments], check=True, text=True,
                              stdout=subprocess.PIPE).stdout


def complaints_about_installed(build):
    """`cmake --install` brings the files that are listed, every manual page and every
    document, and leaves a configuration that exists as it is."""
    prefix = build.cached("CMAKE_INSTALL_PREFIX")
    library = Path(prefix, build.cached("CMAKE_INSTALL_LIBDIR"))
    wanted = {line.replace("PREFIX", prefix).replace("LIB/", f"{library}/")
              for line in (HERE / "installed").read_text().split()}
    wanted |= {f"{prefix}/share/man/man{page.suffix[1:]}/{page.name}"
               for page in (PACKAGING / "man").iterdir()}
    wanted |= {f"{prefix}/share/doc/milterward/{document.name}"
               for document in (PACKAGING / "doc").iterdir()}
    with tempfile.TemporaryDirectory() as stage:
        build.install_below(stage)
        found = set()
        for path in Path(stage).rglob("*"):
            name = "/" + path.relative_to(stage).as_posix()
            if not path.is_dir():
                found.add(name)
            elif not any(path.iterdir()):
                found.add(name + "/")
        yield from (f"{name} is not installed" for name in sorted(wanted - found))
        yield from (f"{name} is installed, and not listed" for name in sorted(found - wanted))
        configuration = Path(stage, "etc/milterward/milterward.toml")
        configuration.write_text("# edited\n")
        build.install_below(stage)
        if configuration.read_text() != "# edited\n":
            yield "an edited configuration is overwritten"


def complaints_about_units(build):
    """The service starts the program where it is installed, and systemd understands the units."""
    with tempfile.TemporaryDirectory() as stage:
        build.install_below(stage)
        units = {path.name: path for path in Path(stage).rglob("milterward.*")
                 if path.suffix in (".service", ".socket")}
        text = units["milterward.service"].read_text()
        program = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE).group(1)
        staged = Path(stage + program)
        if not os.access(staged, os.X_OK):
            yield f"the service starts {program}, which is not installed"
            return
        if not shutil.which("systemd-analyze"):
            print("systemd-analyze is not installed; the units have not been verified")
            return
        # verify looks for programs and manual pages on this machine.
        text = re.sub(r"^Documentation=.*\n", "", text.replace(program, str(staged)), flags=re.M)
        units["milterward.service"].write_text(text)
        socket = units["milterward.socket"]
        socket.write_text(re.sub(r"^Documentation=.*\n", "", socket.read_text(), flags=re.M))
        verified = subprocess.run(["systemd-analyze", "verify", *map(str, units.values())],
                                  text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
        # Other units of the machine are read too, and may have faults of their own.
        ours = [line for line in verified.stdout.splitlines() if "milterward" in line]
        yield from ours
        if verified.returncode and not ours:
            yield f"systemd-analyze verify: {verified.stdout}"
        judged = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}",
                                 units["milterward.service"]],
                                text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
        if judged.returncode:
            yield "the service may do more than it needs: " + judged.stdout.splitlines()[-1]


def build_packages():
    """What packaging/install-deps build installs."""
    text = (PACKAGING / "install-deps").read_text()
    return set(re.search(r"^build_packages=\(([^)]*)\)", text, re.MULTILINE).group(1).split())


def build_depends():
    text = (PACKAGING / "debian/control").read_text()
    field = re.search(r"^Build-Depends:((?:.*\n)(?:[ \t].*\n)*)", text, re.MULTILINE).group(1)
    return {entry.split()[0] for entry in field.split(",")}


def complaints_about_build_depends(_):
    """debian/control and install-deps agree about what compiling needs."""
    installed = build_packages() - NOT_IN_CONTROL
    depended = build_depends() - ONLY_IN_CONTROL
    for name in sorted(installed - depended):
        yield f"{name} stands in packaging/install-deps, and not in packaging/debian/control"
    for name in sorted(depended - installed):
        yield f"{name} stands in packaging/debian/control, and not in packaging/install-deps"


def changelog_of(tree):
    return subprocess.run([sys.executable, "-B", tree / "packaging/debian-changelog", "0"],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def complaints_about_version(build):
    """Program, CHANGELOG.md and debian/changelog have one version; another one is noticed."""
    printed = changelog_of(TOP)
    if printed.returncode:
        yield printed.stderr
        return
    program = build.said("--version").split()[1]
    if f"milterward ({program}) " not in printed.stdout.splitlines()[0]:
        yield f"the program has version {program}, debian/changelog: {printed.stdout[:60]}"
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory)
        for name in ("CMakeLists.txt", "packaging/debian-changelog", "packaging/CHANGELOG.md",
                     "packaging/debian/control"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, tree / name)
        lists = tree / "CMakeLists.txt"
        lists.write_text(lists.read_text().replace("milterward VERSION ", "milterward VERSION 9"))
        if changelog_of(tree).returncode != 1:
            yield "a version that CHANGELOG.md does not begin with is not noticed"


def options_in(help_text):
    """The options and the commands a help shows, each on a line of its own."""
    options = re.findall(r"^  (-[^ ]+)", help_text, re.MULTILINE)
    commands = help_text.partition("\nSubcommands:\n")[2]
    return ({option for group in options for option in group.split(",")},
            set(re.findall(r"^  ([a-z][a-z-]*)", commands, re.MULTILINE)))


def completed_by_bash(build, *words):
    """What bash offers for the last word."""
    script = ('eval "$(cat)"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _milterward; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", "milterward", *words], check=True,
                          input=build.said("completion", "bash"), text=True,
                          stdout=subprocess.PIPE)
    return set(done.stdout.split())


def complaints_about_completion(build):
    """Every command and option that --help shows is offered, in each shell, and no others."""
    options, commands = options_in(build.said("--help"))
    if not commands:
        yield "milterward --help shows no commands"
    if completed_by_bash(build, "") != options | commands:
        yield f"bash offers {sorted(completed_by_bash(build, ''))}"
    zsh, fish = build.said("completion", "zsh"), build.said("completion", "fish")
    for command in sorted(commands):
        options, _ = options_in(build.said(command, "--help"))
        offered = completed_by_bash(build, command, "-")
        if offered != options:
            yield f"bash: {command}: offers {sorted(offered)}, --help shows {sorted(options)}"
        part = zsh.partition(f"    {command}) ")[2].partition(";;")[0]
        offered = set(re.findall(r"^      '(-[^\[]+)\[", part, re.MULTILINE))
        if offered != options:
            yield f"zsh: {command}: offers {sorted(offered)}, --help shows {sorted(options)}"
        mine = [line.partition(" -d ")[0] for line in fish.splitlines()
                if f"'__fish_seen_subcommand_from {command}'" in line]
        offered = {"-" + name for line in mine for name in re.findall(r" -s (\S+)", line)}
        offered |= {"--" + name for line in mine for name in re.findall(r" -l (\S+)", line)}
        if offered != options:
            yield f"fish: {command}: offers {sorted(offered)}, --help shows {sorted(options)}"
    if completed_by_bash(build, "spf", "--engine", "lib") != {"libspf2"}:
        yield "bash does not offer the values of an option"
    if completed_by_bash(build, "sign", ""):
        yield "bash offers words where a file may stand"


# Told by the page of another.
PAGE_OF = {"run": "milterward.8", "list-events": "milterward-events.7",
           "detach": "milterward-attach.1"}


def complaints_about_manual(build):
    """Every command has a manual page that names each of its options."""
    _, commands = options_in(build.said("--help"))
    for command in sorted(commands):
        name = PAGE_OF.get(command, f"milterward-{command}.1")
        page = PACKAGING / "man" / name
        if not page.exists():
            yield f"{command} has no packaging/man/{name}"
            continue
        text = page.read_text().replace("\\-", "-")
        options, _ = options_in(build.said(command, "--help"))
        for option in sorted(options - {"-h", "--help", "-c"}):
            if option not in text:
                yield f"packaging/man/{name} does not name {option} of {command}"


def elf(binary, *options):
    return subprocess.run(["readelf", "-W", *options, binary], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def complaints_about_binary(binary, is_optimised):
    headers, symbols = elf(binary, "-l", "-d"), elf(binary, "--dyn-syms")
    if binary.suffix != ".so" and not re.search(r"FLAGS_1.*\bPIE\b", headers):
        yield "is not position-independent (PIE)"
    if "GNU_RELRO" not in headers or not re.search(r"FLAGS_1.*\bNOW\b", headers):
        yield "has places that may be written after the start (relro, now)"
    if not re.search(r"GNU_STACK.* RW ", headers):
        yield "has a stack that may be executed"
    if re.search(r"LOAD.* RWE ", headers):
        yield "has memory that may be written and executed"
    if "RPATH" in headers or "RUNPATH" in headers:
        yield "looks for libraries in a path of its own"
    if "__stack_chk_fail" not in symbols:
        yield "has no stack protector"
    # Modules are small, and some call nothing that is bounded.
    if is_optimised and binary.suffix != ".so" and not re.search(r"__\w+_chk@", symbols):
        yield "calls nothing that _FORTIFY_SOURCE bounds"
    # The C library's own start has no mark on Debian 12, so that the linker sets none for the
    # whole: looked for is where indirect calls may land (ENDBR64).
    if platform.machine() == "x86_64" and binary.read_bytes().count(b"\xf3\x0f\x1e\xfa") < 10:
        yield "is built without -fcf-protection"


def complaints_about_hardening(build):
    """The program and its modules are built such that a fault is hard to use."""
    is_optimised = build.cached("CMAKE_BUILD_TYPE") in ("Release", "RelWithDebInfo", "MinSizeRel")
    with tempfile.TemporaryDirectory() as stage:
        build.install_below(stage)
        binaries = [path for path in Path(stage).rglob("milterward*")
                    if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
        if len(binaries) < 2:
            yield f"{len(binaries)} programs and modules are too few"
        for binary in binaries:
            yield from (f"{binary.name} {complaint}"
                        for complaint in complaints_about_binary(binary, is_optimised))
        program = next(path for path in binaries if path.suffix != ".so")
        if "__glibcxx_assert_fail" not in elf(program, "--dyn-syms"):
            yield "the program does not check what it asks of the standard library"


CHECKS = {
    "sbom": materials.complaints_about_sbom,
    "dependencies": materials.complaints_about_dependencies,
    "hardening": complaints_about_hardening,
    "installed": complaints_about_installed,
    "units": complaints_about_units,
    "build_depends": complaints_about_build_depends,
    "version": complaints_about_version,
    "completion": complaints_about_completion,
    "manual": complaints_about_manual,
}


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(CHECKS))
        return 0
    if len(arguments) != 4 or arguments[0] not in CHECKS:
        print(__doc__)
        return 64
    complaints = list(CHECKS[arguments[0]](Build(*arguments[1:])))
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
