# SPDX-License-Identifier: Apache-2.0
"""What the program is made of, as packaging/sbom and packaging/doc/security.md tell it."""
import copy
import json
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent

# The compiler's own, and the kernel's; every program has them.
OF_THE_SYSTEM = re.compile(r"(libc6|libgcc|libstdc\+\+|linux-libc)")
# Packages whose name is not that on the page once "lib" and numbers are gone, and those of which
# only headers come along with another's.
OTHERWISE = {"zlibg": "zlib", "socicore": "soci", "boost": "soci", "brotli": "httplib"}


def script():
    """packaging/sbom as a module."""
    loader = SourceFileLoader("sbom", str(TOP / "packaging/sbom"))
    module = module_from_spec(spec_from_loader("sbom", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def binaries(build):
    program = Path(build.program)
    return [str(program), *map(str, sorted(program.parent.glob("milterward-*.so")))]


def missing_fields(bill):
    """What CycloneDX 1.5 requires: bom-1.5.schema.json, and what its text says of bom-ref."""
    for name, wanted in (("bomFormat", r"CycloneDX"), ("specVersion", r"1\.5"),
                         ("serialNumber", r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")):
        if not re.fullmatch(wanted, str(bill.get(name))):
            yield f"{name} is {bill.get(name)}"
    if not isinstance(bill.get("version"), int) or bill["version"] < 1:
        yield "version is no number from 1 on"
    refs = set()
    for part in [bill.get("metadata", {}).get("component", {}), *bill.get("components", [])]:
        for name in ("type", "name", "version", "bom-ref"):
            if not part.get(name):
                yield f"{part} has no {name}"
        if part.get("type") not in ("application", "library"):
            yield f"{part.get('name')} is a {part.get('type')}"
        if part.get("bom-ref") in refs:
            yield f"{part.get('bom-ref')} is there twice"
        refs.add(part.get("bom-ref"))
    for dependency in bill.get("dependencies", []):
        for ref in [dependency.get("ref"), *dependency.get("dependsOn", [])]:
            if ref not in refs:
                yield f"{ref} is depended on, and is no component"


def complaints_about_sbom(build):
    """The bill is valid, names each library with the version that is installed, and comes out
    the same twice."""
    command = [str(TOP / "packaging/sbom"), str(build.directory), *binaries(build)]
    text = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    if subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout != text:
        yield "the second bill is another one"
    bill = json.loads(text)
    yield from missing_fields(bill)
    told = {part["name"]: part["version"] for part in bill["components"]}
    sbom = script()
    for binary in binaries(build):
        paths = sbom.libraries(binary)
        owners = sbom.packages_of(paths.values())
        for name in sbom.needed(binary):
            package = owners.get(paths.get(name))
            if package is None:
                yield f"{name} of {Path(binary).name} is of no package"
            elif told.get(package) != sbom.versions_of([package])[package][0]:
                yield f"{package} is installed, and the bill tells of {told.get(package)}"
    for package in ("libcli11-dev", "nlohmann-json3-dev"):
        if package not in told:
            yield f"the headers of {package} are compiled in, and the bill does not say so"
    if "libboost-test-dev" in told:
        yield "what only the tests need is in the bill"
    for field in ("bomFormat", "components", "serialNumber"):
        without = copy.deepcopy(bill)
        del without[field]
        if not list(missing_fields(without)):
            yield f"a bill without {field} is taken for a valid one"


def plain(name):
    """"libsqlite3-0" and "SQLite": "sqlite"."""
    name = re.sub(r"-dev$|v5$|t64$", "", name.lower())
    name = re.sub(r"^lib", "", name)
    return re.sub(r"[^a-z+]", "", name).replace("plusplus", "++")


def rows_of_the_page():
    text = (TOP / "packaging/doc/security.md").read_text()
    section = text.split("## Code of others\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")]
    return rows[1:]


def complaints_about_dependencies(build):
    """The table of the security page names each library that is linked with, opened or compiled
    in, and none that is not."""
    sbom = script()
    of_binary, compiled_in = sbom.materials(str(build.directory), binaries(build))
    used = {package for direct, _ in of_binary.values() for package in direct} | compiled_in
    names = {plain(package): package for package in sorted(used)
             if not OF_THE_SYSTEM.match(package)}
    rows = {row.strip(): re.sub(r"[^a-z+]", "", row.lower()) for row in rows_of_the_page()}
    on_page = set()
    for name, package in names.items():
        name = OTHERWISE.get(name, name)
        here = {row for row, squeezed in rows.items() if name in squeezed}
        if not here:
            yield f"{package} is used, and packaging/doc/security.md does not say how"
        on_page |= here
    for row in rows:
        if row not in on_page:
            yield f"packaging/doc/security.md tells of {row}, which is not used"
