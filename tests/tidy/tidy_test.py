#!/usr/bin/env python3
"""Each rule of tidy.py finds what it is for and leaves alone what is right."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tidy  # noqa: E402


def found_in(files):
    """What tidy.py says about a repository that holds only these files, without line numbers."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return [f"{path}: {what}" for path, _, what in tidy.check(root)]


class Includes(unittest.TestCase):
    def test_directions(self):
        rows = [  # path, target, allowed
            ("thresholds/limits.hpp", "thresholds/number.hpp", True),
            ("thresholds/limits.hpp", "vector", True),
            ("thresholds/limits.hpp", "fhir/time.hpp", False),
            ("thresholds/limits.hpp", "boost/system/result.hpp", False),
            ("fhir/result.hpp", "boost/system/result.hpp", True),
            ("fhir/result.hpp", "boost/asio/awaitable.hpp", False),
            ("fhir/json_reader.cpp", "rapidjson/reader.h", True),
            ("fhir/patient.cpp", "rapidjson/reader.h", False),
            ("fhir/patient.cpp", "adapters/adapter.hpp", False),
            ("adapters/telli.cpp", "fhir/kinds.hpp", True),
            ("adapters/telli.cpp", "gateway/ingest/place.hpp", False),
            ("adapters/telli.cpp", "openssl/evp.h", False),
            ("gateway/api/alarms.cpp", "gateway/store/store.hpp", True),
            ("gateway/store/sqlite_store.cpp", "gateway/api/alarms.hpp", False),
            ("gateway/store/sqlite_store.cpp", "sqlite3.h", True),
            ("gateway/journal/committer.cpp", "sqlite3.h", False),
            ("gateway/api/fhir_read.cpp", "boost/beast/http.hpp", False),
            ("gateway/app.cpp", "gateway/deliver/forwarder.hpp", True),
            ("gateway/newcomer/a.cpp", "gateway/store/store.hpp", False),
            ("gateway/runtime/log.cpp", "tests/support/manual_clock.hpp", False),
            ("tests/fhir/units_test.cpp", "fhir/units.hpp", True),
        ]
        for path, target, allowed in rows:
            with self.subTest(path=path, target=target):
                self.assertEqual(tidy.may_include(path, target) is None, allowed)

    def test_every_folder_knows_its_place_and_the_order_has_no_circle(self):
        placed = []
        for folder, below in tidy.GATEWAY.items():
            for other in below:
                self.assertIn(other, placed, f"{folder} may include {other}, which stands above it")
            placed.append(folder)

    def test_own_header_first(self):
        files = {"fhir/a.hpp": "#pragma once\n", "fhir/a.cpp": '#include <string>\n\n#include "fhir/a.hpp"\n'}
        self.assertEqual(found_in(files), ["fhir/a.cpp: its own header is not included first"])


class Text(unittest.TestCase):
    def test_each_rule(self):
        rows = [  # path, line, what is said ("" for nothing)
            ("docs/a.md", "TO" + "DO: write this", "leftover TO" + "DO"),
            ("docs/a.md", "a todo list", ""),
            ("deploy/a.yaml", "-----BEGIN RSA PRIVATE " + "KEY-----", "a private key"),
            ("docs/a.md", "see /ho" + "me/kari/notes", "a path of somebody's machine"),
            ("docs/a.md", "number 120579 00499 or 12885010049", ""),  # not eleven digits; month +80
            ("docs/a.md", "number 1205790" + "0499", ""),  # published
            ("docs/a.md", "number 1208501" + "0083", "an identity number that may be a person's"),
            ("deploy/a.yaml", "key: value ", "blanks at the end of the line"),
            ("fhir/a.cpp", "#if 0", "code switched off"),
            ("fhir/a.cpp", "auto t = std::chrono::system_clock::now();", "reads a clock; take it as an argument"),
            ("fhir/a.cpp", "// never std::chrono::system_clock::now()", ""),
            ("gateway/runtime/clock.cpp", "return std::chrono::steady_clock::now();", ""),
            ("gateway/api/a.cpp", "std::cerr << x;", "writes to the terminal"),
            ("gateway/api/a.cpp", "std::snprintf(buffer, 8, x);", ""),
            ("gateway/cli/a.cpp", "std::cout << x;", ""),
            ("gateway/ingest/a.cpp", "std::this_thread::sleep_for(1s);", "sleeps"),
            ("tests/gateway/a_test.cpp", "std::this_thread::sleep_for(1s);", "sleeps"),
            ("gateway/api/a.cpp", "co_spawn(context, work(), asio::detached);", "a coroutine whose exception nobody sees"),
            ("gateway/api/a.cpp", "} catch (...) {}", "a swallowed error"),
            ("gateway/api/a.cpp", "std::random_device seed;", "makes randomness; take it from runtime/ids"),
        ]
        for path, line, what in rows:
            with self.subTest(path=path, line=line):
                self.assertEqual(found_in({path: line + "\n"}), [f"{path}: {what}"] if what else [])

    def test_length_and_guard(self):
        self.assertEqual(found_in({"fhir/a.hpp": "#pragma once\n" + "\n" * 599}), [])
        self.assertEqual(found_in({"fhir/a.hpp": "#pragma once\n" + "\n" * 600}), ["fhir/a.hpp: 601 lines, 600 at most"])
        self.assertEqual(found_in({"fhir/a.hpp": "int x;\n"}), ["fhir/a.hpp: no #pragma once"])


class Documents(unittest.TestCase):
    def test_links_files_and_cases(self):
        files = {
            "docs/a.md": "\n".join([
                "[b](b.md) [gone](gone.md) [far](https://example.org/x)",
                "`gateway/app.cpp` `gateway/gone.cpp`",
                '`tests/fhir/a_test.cpp` "a: holds", "a: gone"; `tests/e2e/test_a.py` "test_holds", "test_hold"',
            ]) + "\n",
            "docs/b.md": "\n",
            "gateway/app.cpp": "\n",
            "tests/fhir/a_test.cpp": 'TEST_CASE("a: holds") {}\n',
            "tests/e2e/test_a.py": "def test_holds(self):\n",
        }
        self.assertEqual(found_in(files), [
            "docs/a.md: links to gone.md, which is not there",
            "docs/a.md: names gateway/gone.cpp, which is not there",
            'docs/a.md: tests/fhir/a_test.cpp has no test named "a: gone"',
            'docs/a.md: tests/e2e/test_a.py has no test named "test_hold"',
        ])

    def test_metrics(self):
        files = {
            "gateway/runtime/metrics.cpp": 'f("hjemport_rows_total"); f("hjemport_commit_seconds"); f("hjemport_unsaid");\n',
            "docs/operations.md": "`hjemport_rows_total` `hjemport_commit_seconds_bucket`\n",
            "deploy/prometheus-rules.yaml": "expr: rate(hjemport_rows_total[5m]) + hjemport_gone\n",
        }
        self.assertEqual(found_in(files), [
            "deploy/prometheus-rules.yaml: there is no metric hjemport_gone",
            "docs/operations.md: metric hjemport_unsaid is not described",
        ])


if __name__ == "__main__":
    unittest.main()
