"""`hjemport serve --demo` as a newcomer meets it: start it, try the lines it prints, stop it."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from harness import START_SECONDS, Client, binary, wait_until


class Demo:
    """One run; its temporary folder is inside one of ours, so that what it leaves is seen."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="hjemport-e2e-")
        self.process = subprocess.Popen(
            [binary(), "serve", "--demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": self.folder.name},
            text=True,
        )
        self.output, self.errors = [], []
        self.threads = [
            threading.Thread(target=self._read, args=(stream, kept), daemon=True)
            for stream, kept in ((self.process.stdout, self.output), (self.process.stderr, self.errors))
        ]
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.process.poll() is not None or "Ctrl-C stops it all." in self.printed(), START_SECONDS, "the demo")
        if self.process.poll() is not None:
            raise AssertionError(f"the demo ended: {self.printed()}{self.error_text()}")
        self.url = re.search(r"^listening on (http://127\.0\.0\.1:\d+)$", self.printed(), re.M).group(1)
        self.tokens = dict(re.findall(r"^  ([a-z-]+) +([0-9a-f]{48})$", self.printed(), re.M))

    @staticmethod
    def _read(stream, kept):
        for line in stream:
            kept.append(line)

    def printed(self):
        return "".join(self.output)

    def error_text(self):
        return "".join(self.errors)

    def lines_to_try(self):
        return [line.strip() for line in self.printed().splitlines() if line.startswith("  curl ")]

    def client(self, name):
        """For one request: the answer is read, then the connection is closed."""
        return contextlib.closing(Client(urllib.parse.urlsplit(self.url).port, self.tokens[name]))

    def get(self, name, path):
        with self.client(name) as client:
            return client.get(path)

    def post(self, name, path, body):
        with self.client(name) as client:
            return client.post(path, body)

    def left_behind(self):
        return sorted(path.name for path in pathlib.Path(self.folder.name).iterdir())

    def stop(self, how=signal.SIGTERM):
        """Gives the exit status and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        status = self.process.wait(15)
        for thread in self.threads:
            thread.join(5)
        return status, time.monotonic() - began

    def clean_up(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for thread in self.threads:
            thread.join(5)
        self.process.stdout.close()
        self.process.stderr.close()
        self.folder.cleanup()


def shell(line):
    """A printed line as a person runs it: pasted into sh, changed in nothing."""
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{line}\n{done.stderr}")
    return json.loads(done.stdout)


class WhatItPrints(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = Demo()
        cls.addClassCleanup(cls.demo.clean_up)
        cls.stream, cls.alarms, cls.search, cls.push, cls.counts, cls.documents = cls.demo.lines_to_try()

    def test_the_stream_shows_an_alarm_within_twenty_seconds_and_a_push_of_ones_own(self):
        listening = subprocess.Popen(["sh", "-c", self.stream], stdout=subprocess.PIPE, text=True, start_new_session=True)
        events = []

        def read():
            for line in listening.stdout:
                if line.startswith("data: "):
                    events.append(json.loads(line[6:]))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            wait_until(lambda: [event for event in events if event["severity"] == "severe"], 20, "a red alarm on the stream")
            answer = shell(self.push)
            self.assertEqual((answer["received"], answer["accepted"]), (1, 1))
            alarms = answer["results"][0]["alarms"]
            self.assertTrue(alarms, answer)
            mine = lambda: [event for event in events if event["id"] in alarms and event["reason"].get("value") == 79]
            wait_until(mine, 10, "the alarm of the pushed reading on the stream")
        finally:
            os.killpg(listening.pid, signal.SIGTERM)
            listening.wait(10)
            reader.join(5)
            listening.stdout.close()

    def test_open_alarms(self):
        wait_until(lambda: shell(self.alarms)["alarms"], 20, "an open alarm")

    def test_the_hospitals_search_finds_the_patient_and_the_past(self):
        bundle = shell(self.search)
        self.assertEqual(bundle["resourceType"], "Bundle")
        observations = [entry["resource"] for entry in bundle["entry"]]
        self.assertGreater(len(observations), 5)
        self.assertEqual({one["resourceType"] for one in observations}, {"Observation"})
        times = [one["effectiveDateTime"] for one in observations]
        self.assertEqual(times, sorted(times, reverse=True))

    def test_the_record_system_receives(self):
        received = wait_until(lambda: (now := shell(self.counts))["DetectedIssue"]["created"] and now, 30, "a delivered alarm")
        self.assertGreater(received["Observation"]["created"], 20)
        self.assertEqual(received["Observation"]["refused"], 0)
        self.assertEqual(shell(self.documents)["type"], "searchset")

    def test_readings_come_through_all_four_adapters_in_both_tenants(self):
        page = self.demo.get("admin", "/metrics").text()
        accepted = {
            re.search(r'source="([^"]+)"', line).group(1)
            for line in page.splitlines()
            if 'outcome="accepted"' in line and not line.startswith("#") and float(line.rsplit(" ", 1)[1]) > 0
        }
        self.assertEqual(accepted, {"sensors-bodo", "opentele-bodo", "telli-bodo", "sensors-oslo", "withings-oslo"})

    def test_each_tenant_sees_its_own(self):
        bodo = {one["id"] for one in self._patients("hospital")}
        oslo = {one["id"] for one in self._patients("hospital-oslo")}
        self.assertEqual((len(bodo), len(oslo)), (12, 8))
        self.assertFalse(bodo & oslo)

    def _patients(self, who):
        with self.demo.client(who) as client:
            answer = client.search("Patient", _count="100")
        self.assertEqual(answer.status, 200, answer)
        return [entry["resource"] for entry in answer.json()["entry"]]

    def test_tokens_are_printed_and_never_logged(self):
        self.assertEqual(len(self.demo.tokens), 12)
        self.assertEqual(len(set(self.demo.tokens.values())), 12)
        for token in self.demo.tokens.values():
            self.assertNotIn(token, self.demo.error_text())


class HowItEnds(unittest.TestCase):
    def run_demo(self, *arguments):
        demo = Demo(*arguments)
        self.addCleanup(demo.clean_up)
        return demo

    def test_it_stops_within_ten_seconds_and_leaves_nothing_with_somebody_listening(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(how.name):
                demo = self.run_demo()
                listening = subprocess.Popen(["sh", "-c", demo.lines_to_try()[0]], stdout=subprocess.PIPE, start_new_session=True)
                listening.stdout.readline()
                self.assertEqual(len(demo.left_behind()), 1)
                status, seconds = demo.stop(how)
                listening.wait(10)
                listening.stdout.close()
                self.assertEqual(status, 0, demo.error_text())
                self.assertLess(seconds, 10)
                self.assertEqual(demo.left_behind(), [])

    def test_two_at_a_time_do_not_share_a_port(self):
        first, second = self.run_demo(), self.run_demo()
        self.assertNotEqual(first.url, second.url)
        self.assertEqual(second.get("centre", "/alarms").status, 200)
        self.assertEqual(first.get("centre", "/alarms").status, 200)

    def test_with_a_configuration_of_its_own_it_can_be_looked_at_and_run_again(self):
        folder = tempfile.TemporaryDirectory(prefix="hjemport-e2e-")
        self.addCleanup(folder.cleanup)
        file = os.path.join(folder.name, "demo.yaml")
        first = self.run_demo("--config", file)
        tokens = first.tokens
        self.assertEqual(first.stop()[0], 0)
        checked = subprocess.run([binary(), "check", "--config", file], capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""), checked.stdout)
        again = self.run_demo("--config", file)
        self.assertEqual(again.tokens, tokens)

    def test_another_installations_configuration_is_left_alone(self):
        with tempfile.TemporaryDirectory(prefix="hjemport-e2e-") as folder:
            file = pathlib.Path(folder) / "hjemport.yaml"
            file.write_text("environment: production\n")
            done = subprocess.run(
                [binary(), "serve", "--demo", "--config", str(file)], capture_output=True, text=True, timeout=20, check=False
            )
            self.assertEqual(done.returncode, 1)
            self.assertIn("is not a demonstration's", done.stderr)
            self.assertEqual(file.read_text(), "environment: production\n")


class Commands(unittest.TestCase):
    """simulate and quarantine against the running demo."""

    @classmethod
    def setUpClass(cls):
        cls.demo = Demo()
        cls.addClassCleanup(cls.demo.clean_up)

    def hjemport(self, *arguments, seconds=60):
        environment = {**os.environ, **{"T_" + name.upper().replace("-", "_"): value for name, value in self.demo.tokens.items()}}
        return subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=seconds, env=environment, check=False)

    def simulate(self, *more):
        return self.hjemport("simulate", "--target", self.demo.url, "--source", "sensors-bodo", "--token", "env:T_SENSORS_BODO",
                             "--source", "telli:telli-bodo", "--token", "env:T_TELLI_BODO", "--operator", "env:T_ADMIN", *more)

    def test_every_scenario_is_taken(self):
        for seed, scenario in enumerate(("normal", "exacerbation", "outage", "late-sync", "flood"), 100):
            with self.subTest(scenario):
                done = self.simulate("--scenario", scenario, "--seed", str(seed), "--patients", "10", "--duration", "3s",
                                     "--speed", "300", "--summary", "1")
                self.assertEqual(done.returncode, 0, done.stderr)
                last = done.stdout.splitlines()[-1]
                self.assertGreater(int(re.search(r"accepted (\d+)", last).group(1)), 20, last)
                self.assertNotIn("refused", last)
                self.assertGreaterEqual(len(done.stdout.splitlines()), 3)

    def test_an_exacerbation_raises_alarms(self):
        done = self.simulate("--scenario", "exacerbation", "--seed", "7", "--duration", "5s", "--speed", "300")
        self.assertGreater(int(re.search(r"alarms (\d+)", done.stdout.splitlines()[-1]).group(1)), 2, done.stdout)

    def test_a_wrong_token_is_exit_1(self):
        done = self.hjemport("simulate", "--target", self.demo.url, "--source", "sensors-bodo", "--token", "env:T_CENTRE", "--speed", "600")
        self.assertEqual(done.returncode, 1)
        self.assertIn("refused", done.stdout)

    def test_the_operators_way_with_a_quarantined_reading(self):
        reach = ("--url", self.demo.url, "--token", "env:T_ADMIN")
        pushed = self.demo.post(
            "sensors-bodo",
            "/ingest/sensors-bodo",
            {"measurements": [{"id": "q-1", "subject": "nobody-yet", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                               "kind": "oxygen-saturation", "value": 95, "unit": "%"}]},
        ).json()["results"][0]
        waiting = pushed["quarantine"]
        listed = self.hjemport("quarantine", "list", "--subject", "nobody-yet", *reach)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn(waiting, listed.stdout)
        self.assertIn("unknown-subject", listed.stdout)
        shown = self.hjemport("quarantine", "show", waiting, *reach)
        self.assertIn('"id":"q-1"', shown.stdout)
        self.assertIn("still waiting 1", self.hjemport("quarantine", "retry", waiting, *reach).stderr)
        linked = self.demo.post(
            "admin",
            "/links",
            {"source": "sensors-bodo", "subject": "nobody-yet", "from": "2020-01-01T00:00:00Z",
             "patient": {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "12885010049"}},
        )
        self.assertIn(linked.status, (200, 201), linked)
        placed = self.hjemport("quarantine", "retry", "--all", "--reason", "unknown-subject", "--subject", "nobody-yet", *reach)
        self.assertEqual(placed.returncode, 0, placed.stderr)
        self.assertIn(f"{waiting} accepted Observation/", placed.stdout)
        released = self.hjemport("quarantine", "list", "--subject", "nobody-yet", "--state", "released", "--json", *reach)
        self.assertEqual(json.loads(released.stdout)["id"], waiting)
        self.assertEqual(self.hjemport("quarantine", "discard", waiting, "--why", "too late", *reach).returncode, 1)

    def test_no_dead_letters_is_a_table_without_rows(self):
        done = self.hjemport("deadletters", "list", "--url", self.demo.url, "--token", "env:T_ADMIN")
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 1), done.stderr)

    def test_a_centre_is_no_operator(self):
        done = self.hjemport("quarantine", "list", "--url", self.demo.url, "--token", "env:T_CENTRE")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("403", done.stderr)


if __name__ == "__main__":
    unittest.main()
