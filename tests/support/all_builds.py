#!/usr/bin/env python3
"""Writes a CTest list that holds the tests of several builds, each named "build: test".

    all_builds.py FOLDER BUILD PATTERN [BUILD PATTERN]...

Each build's own list is asked which of its tests match PATTERN (a regular expression; empty for all).
"""
import json
import pathlib
import subprocess
import sys


def quoted(text):
    """A CMake bracket argument: nothing inside is special."""
    return f"[===[{text}]===]"


def tests_of(build, pattern):
    command = ["ctest", "--test-dir", f"build/{build}", "--show-only=json-v1"]
    if pattern:
        command += ["-R", pattern]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(listed[listed.index("{"):])["tests"]


def main():
    folder = pathlib.Path(sys.argv[1])
    arguments = sys.argv[2:]
    lines = []
    for build, pattern in zip(arguments[::2], arguments[1::2]):
        tests = tests_of(build, pattern)
        if not tests:
            sys.exit(f"all_builds.py: no test of {build} matches '{pattern}'")
        for test in tests:
            name = quoted(f"{build}: {test['name']}")
            lines.append(f"add_test({name} " + " ".join(quoted(word) for word in test["command"]) + ")")
            for entry in test.get("properties", []):
                value = entry["value"]
                value = ";".join(value) if isinstance(value, list) else str(value).upper() if isinstance(value, bool) else str(value)
                lines.append(f"set_tests_properties({name} PROPERTIES {entry['name']} {quoted(value)})")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "CTestTestfile.cmake").write_text("\n".join(lines) + "\n")


main()
