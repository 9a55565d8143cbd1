#!/usr/bin/env python3
"""Reads every file of the repository and reports what the house rules forbid, as "path:line: what".

    tidy.py [ROOT]      ends with 1 when anything was found

Rules a compiler or clang-format already enforces are not here.
"""
import os
import pathlib
import re
import sys

# What a room may include besides itself and the standard library. "/" at the end means everything below.
ROOMS = {
    "thresholds": [],
    "fhir": ["boost/system/", "boost/assert/"],  # Boost.System and the source location its errors carry
    "adapters": ["fhir/", "yaml-cpp/"],
    "gateway": ["fhir/", "adapters/", "thresholds/"],
}

# Inside the gateway, downwards only: a folder may include those listed and itself.
GATEWAY = {
    "runtime": [],
    "http": ["runtime"],
    "config": ["http", "runtime"],
    "store": ["http", "runtime"],
    "alarms": ["store", "runtime"],
    "registry": ["alarms", "store", "config", "runtime"],
    "journal": ["registry", "alarms", "store", "http", "runtime"],
    "auth": ["journal", "store", "config", "http", "runtime"],
    "deliver": ["journal", "alarms", "registry", "store", "config", "http", "runtime"],
    "ingest": ["journal", "registry", "alarms", "store", "config", "http", "runtime"],
    "timers": ["ingest", "deliver", "journal", "registry", "alarms", "store", "config", "http", "runtime"],
    "pull": ["ingest", "deliver", "journal", "store", "config", "http", "runtime"],
    "doors": ["ingest", "deliver", "journal", "registry", "alarms", "store", "config", "http", "runtime"],
    "api": ["timers", "pull", "ingest", "deliver", "auth", "journal", "registry", "alarms", "store", "config", "http", "runtime"],
    "demo": ["config", "http", "runtime"],
}
WIRING = ("gateway/app", "gateway/main.cpp", "gateway/cli/", "gateway/demo/")  # these put the parts together

# A foreign library's types stay behind the files named here.
LIBRARIES = {
    "sqlite3.h": ["gateway/store/"],
    "curl/": ["gateway/deliver/curl_client"],
    "rapidjson/": ["fhir/json_reader", "fhir/json_writer"],
    "yaml-cpp/": ["gateway/config/", "adapters/mapping/yaml_tree"],  # docs/decisions/0008
    "pugixml.hpp": ["adapters/scaip"],
    "CLI/": ["gateway/cli/"],
    "prometheus/": ["gateway/runtime/metrics"],
    "date/": ["gateway/runtime/zone"],
    "zlib.h": ["gateway/http/"],
    "expat.h": ["adapters/apple_health"],
    "boost/beast/": ["gateway/http/", "gateway/runtime/asio_impl"],
    "boost/url/": ["gateway/"],
    "openssl/": ["gateway/"],
    "boost/asio": ["gateway/"],
    "boost/": ["gateway/", "fhir/"],
}

LINES_MAX = 600  # a file longer than this is about more than one thing
LONGER = {}  # file -> its own bound
OWN_RULES = "tests/tidy/"  # holds the forbidden words as data

ANYWHERE = [
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "leftover {0}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"(?<![\w.])/(?:work|home|root|Users|tmp/wt)/\w"), "a path of somebody's machine"),
]
PRODUCT = [
    (re.compile(r"^\s*#\s*if\s+0\b"), "code switched off"),
    (re.compile(r"\bdebug_(?:print|dump)\w*|__builtin_debugtrap|\bassert\(false\)"), "debug leftover {0}"),
    (re.compile(r"\b(?:system_clock|steady_clock|high_resolution_clock)::now\("), "reads a clock; take it as an argument"),
    (re.compile(r"\bstd::random_device\b|(?<![\w.:>])s?rand\("), "makes randomness; take it from runtime/ids"),
    (re.compile(r"\bstd::(?:cout|cerr|clog)\b|(?<!\w)f?printf\(|(?<!\w)f?puts\("), "writes to the terminal"),
    (re.compile(r"\bsleep_for\(|\bsleep_until\(|\busleep\("), "sleeps"),
    (re.compile(r"co_spawn\([^;]*\bdetached\)"), "a coroutine whose exception nobody sees"),
    (re.compile(r"catch \(\.\.\.\) \{\s*\}"), "a swallowed error"),
]
# path prefix -> the product rules that do not hold there, and why
ALLOWED = {
    "gateway/cli/": ["writes to the terminal"],  # that is what commands do
    "gateway/main.cpp": ["writes to the terminal"],
    "gateway/demo/": ["writes to the terminal"],  # says what to try
    "gateway/runtime/fault_point.cpp": ["writes to the terminal"],  # not in the shipped build
    "gateway/runtime/clock.cpp": ["reads a clock; take it as an argument"],  # the one place
    "gateway/http/connection.cpp": ["reads a clock; take it as an argument"],  # socket deadlines, as Asio's timers
}

# Weights of the two check digits of a national identity number (norway.md 1; Skatteetaten).
FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
ELEVEN_DIGITS = re.compile(r"(?<![\d.])\d{11}(?![\d.])")
# Numbers of real form that their owners published as examples: samples of VKP, PMD, HL7 Norway's consent guide and VKP's
# profile documentation; the last two are D-numbers of nobody. Tests of what is refused need them.
PUBLISHED = {"13116900216", "12057900499", "12050050295", "05073500186", "43022014103", "70019950032"}


def is_real_identity_number(digits):
    """A number somebody may have: both check digits hold and the month is not one of the synthetic series."""
    number = [int(digit) for digit in digits]
    day, month = int(digits[:2]), int(digits[2:4])
    if not (1 <= day <= 31 or 41 <= day <= 71) or not 1 <= month <= 12:
        return False
    return (sum(w * d for w, d in zip(FIRST, number)) % 11 == 0
            and sum(w * d for w, d in zip(SECOND, number)) % 11 == 0)


def may_include(path, target):
    """None, or why `path` may not include `target` (as written between the brackets or quotes)."""
    room = path.split("/", 1)[0]
    if room not in ROOMS:
        return None
    for library, places in LIBRARIES.items():
        if target.startswith(library):
            if not any(path.startswith(place) for place in places):
                return f"{library.rstrip('/')} belongs in {', '.join(places)}"
            break
    else:
        if "/" in target and target.split("/", 1)[0] not in ROOMS and not target.startswith(("sys/", "netinet/", "arpa/")):
            return f"{target} is no library of this project"
    if room != "gateway" and target.startswith("boost/") and not any(target.startswith(a) for a in ROOMS[room]):
        return f"{room} may not use {target}"
    other = target.split("/", 1)[0]
    if other in ROOMS and other != room and f"{other}/" not in ROOMS[room]:
        return f"{room} may not include {other}"
    if other == "gateway" and room == "gateway" and not path.startswith(WIRING):
        here, there = path.split("/")[1], target.split("/")[1]
        if here not in GATEWAY:
            return f"gateway/{here} has no place in the order of the gateway's folders (tests/tidy/tidy.py)"
        if there != here and there not in GATEWAY[here]:
            return f"gateway/{here} may not include gateway/{there}"
    return None


INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]')


def check_source(path, lines):
    """Rules for C++ files."""
    own_header = re.sub(r"\.cpp$", ".hpp", path)
    includes = [(number, match[1]) for number, line in enumerate(lines, 1) if (match := INCLUDE.match(line))]
    for number, target in includes:
        if why := may_include(path, target):
            yield number, why
    if path.endswith(".cpp") and own_header in (target for _, target in includes[1:]):
        yield includes[0][0], "its own header is not included first"
    if path.endswith(".hpp") and not any(line.strip() == "#pragma once" for line in lines):
        yield 1, "no #pragma once"
    lines_max = LONGER.get(path, LINES_MAX)
    if len(lines) > lines_max:
        yield len(lines), f"{len(lines)} lines, {lines_max} at most"
    if path.startswith("tests/"):
        rules = [rule for rule in PRODUCT if rule[1] in ("sleeps", "code switched off")]
    else:
        exempt = [name for place, names in ALLOWED.items() if path.startswith(place) for name in names]
        rules = [rule for rule in PRODUCT if rule[1] not in exempt]
    for number, line in enumerate(lines, 1):
        code = line.split("//", 1)[0]
        for pattern, what in rules:
            if match := pattern.search(code):
                yield number, what.format(match[0])


def check_any(path, lines):
    """Rules for every text file."""
    for number, line in enumerate(lines, 1):
        for pattern, what in ANYWHERE:
            if match := pattern.search(line):
                yield number, what.format(match[0])
        for match in ELEVEN_DIGITS.finditer(line):
            if match[0] not in PUBLISHED and is_real_identity_number(match[0]):
                yield number, "an identity number that may be a person's"
        if not path.endswith(".md") and line != line.rstrip():
            yield number, "blanks at the end of the line"


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED_FILE = re.compile(r"`((?:gateway|fhir|adapters|thresholds|tests|deploy|docs)/[\w./-]+\.\w+)`")
# `tests/…_test.cpp` "name of a case", "and another"
NAMED_CASES = re.compile(r'`(tests/[\w./-]+\.(?:cpp|py))`((?:,? "[^"]+")+)')


def check_document(root, path, lines):
    """Rules for Markdown: what it points at exists, tests by name included."""
    folder = pathlib.PurePosixPath(path).parent
    for number, line in enumerate(lines, 1):
        for match in LINK.finditer(line):
            target = match[1]
            if "://" not in target and not target.startswith("mailto:") and not (root / folder / target).exists():
                yield number, f"links to {target}, which is not there"
        for match in NAMED_FILE.finditer(line):
            if not (root / match[1]).exists():
                yield number, f"names {match[1]}, which is not there"
        for match in NAMED_CASES.finditer(line):
            tests = (root / match[1]).read_text(encoding="utf-8") if (root / match[1]).exists() else ""
            for case in re.findall('"([^"]+)"', match[2]):
                if tests and f'"{case}"' not in tests and f"def {case}(" not in tests:
                    yield number, f"{match[1]} has no test named \"{case}\""


METRIC = re.compile(r"hjemport_[a-z0-9_]*[a-z0-9]")
SUFFIX = re.compile(r"_(?:bucket|sum|count)$")


def check_metrics(texts):
    """The operator's page lists every metric there is; it and the alert rules name none there is not."""
    source, page, rules = "gateway/runtime/metrics.cpp", "docs/operations.md", "deploy/prometheus-rules.yaml"
    if not all(path in texts for path in (source, page, rules)):
        return
    made = set(re.findall(r'"(hjemport_[a-z0-9_]+)"', texts[source]))
    for path in (page, rules):
        for number, line in enumerate(texts[path].split("\n"), 1):
            for name in METRIC.findall(line):
                if name not in made and SUFFIX.sub("", name) not in made:
                    yield path, number, f"there is no metric {name}"
    named = METRIC.findall(texts[page])
    for name in sorted(made - set(named) - {SUFFIX.sub("", name) for name in named}):
        yield page, 1, f"metric {name} is not described"


SKIPPED_FOLDERS = {".git", "build", "data", "node_modules", "__pycache__"}


def text_files(root):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(set(files) - {".git"}):
            path = pathlib.Path(folder, name)
            content = path.read_bytes()
            relative = path.relative_to(root).as_posix()
            if b"\0" in content or relative.startswith(("tests/fuzz/corpus/", "tests/golden/")):
                continue  # payloads are what they are; their origin is stated beside them
            yield relative, content.decode("utf-8", errors="replace")


def check(root):
    texts = dict(text_files(root))
    for path, text in texts.items():
        lines = text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        found = []
        if not path.startswith(OWN_RULES):
            found += check_any(path, lines)
        if path.endswith((".cpp", ".hpp")):
            found += check_source(path, lines)
        if path.endswith(".md"):
            found += check_document(root, path, lines)
        for number, what in found:
            yield path, number, what
    yield from check_metrics(texts)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(check(root))
    for path, number, what in found:
        print(f"{path}:{number}: {what}")
    print(f"{len(found)} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
