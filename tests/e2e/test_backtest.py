"""`hjemport backtest`: past readings in, what limits and rules would have done with them out; also against a second telling of it."""
import datetime
import json
import pathlib
import random
import subprocess
import tempfile
import unittest

import identity
from harness import binary

LIMITS = """programmes:
  - id: copd
    limits:
      - {kind: oxygen-saturation, alert_low: 85, warning_low: 90}
      - {kind: heart-rate, alert_low: 40, warning_low: 50, warning_high: 110, alert_high: 130}
"""
START = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc)
LOINC = {"oxygen-saturation": ("59408-5", "%", "%"), "heart-rate": ("8867-4", "/min", "/min")}
MEMBERS = ["at", "patient", "rule", "change", "severity", "measured", "late", "superseded", "reason"]


def stamp(minute):
    return (START + datetime.timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def observation(kind, measured, value, arrived=None, patient="Patient/1", stamped="issued"):
    code, unit, ucum = LOINC[kind]
    resource = {"resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "subject": patient if isinstance(patient, dict) else {"reference": patient}, "effectiveDateTime": stamp(measured)}
    if value is None:
        resource["dataAbsentReason"] = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "error"}]}
    else:
        resource["valueQuantity"] = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": ucum}
    if arrived is not None and stamped == "issued":
        resource["issued"] = stamp(arrived)
    elif arrived is not None:
        resource["meta"] = {"lastUpdated": stamp(arrived)}
    return resource


class Backtest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def run_it(self, *options, readings=(), rules=LIMITS):
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in readings)
        done = subprocess.run([binary(), "backtest", "--rules", self.file("rules.yaml", rules), *options], input=text.encode(),
                              capture_output=True, timeout=60, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.decode().splitlines()], done.stderr.decode()

    def test_each_change_is_one_object_with_its_members_in_order(self):
        status, out, errors = self.run_it(readings=[observation("oxygen-saturation", 60, 84), observation("oxygen-saturation", 120, 95)])
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual([list(change) for change in out], [MEMBERS, MEMBERS])
        self.assertEqual(out[0], {"at": stamp(60), "patient": "Patient/1", "rule": "oxygen-saturation:alert_low", "change": "raised",
                                  "severity": "severe", "measured": stamp(60), "late": False, "superseded": False, "reason": "new-breach"})
        self.assertEqual((out[1]["change"], out[1]["rule"]), ("normal", "oxygen-saturation:alert_low"))

    def test_arrival_is_issued_else_last_updated_else_measured(self):
        status, out, _ = self.run_it(readings=[
            observation("oxygen-saturation", 60, 84, 300, "Patient/a"),
            observation("oxygen-saturation", 60, 84, 200, "Patient/b", stamped="meta"),
            observation("oxygen-saturation", 60, 84, None, "Patient/c")])
        self.assertEqual(status, 0)
        self.assertEqual([(change["patient"], change["at"], change["late"]) for change in out],
                         [("Patient/c", stamp(60), False), ("Patient/b", stamp(200), True), ("Patient/a", stamp(300), True)])

    def test_no_identity_number_is_printed_and_the_name_that_stands_for_it_is_stable(self):
        number = identity.fresh()
        by_number = {"identifier": {"system": identity.FNR_SYSTEM, "value": number}}
        readings = [observation("oxygen-saturation", 1, 84, None, by_number), observation("oxygen-saturation", 2, 84, None, f"Patient/{number}"),
                    observation("oxygen-saturation", 3, 84, None, {"identifier": {"system": "urn:vendor", "value": "user-17"}}),
                    observation("oxygen-saturation", 4, 84, None, by_number)]
        status, out, errors = self.run_it(readings=readings)
        self.assertEqual(status, 0)
        self.assertNotIn(number, json.dumps(out) + errors)
        self.assertEqual([change["change"] for change in out], ["raised", "raised", "raised", "repeated"])
        self.assertEqual(out[0]["patient"], out[3]["patient"])
        self.assertEqual(len({change["patient"] for change in out}), 3)
        self.assertIn("user-17", out[2]["patient"])
        self.assertEqual(self.run_it(readings=readings)[1], out)

    def test_a_line_that_cannot_be_read_is_named_and_the_rest_goes_on(self):
        wrong_unit = observation("oxygen-saturation", 1, 84)
        wrong_unit["valueQuantity"].update(unit="furlong", code="[fur_us]")
        nobody = observation("oxygen-saturation", 1, 84)
        del nobody["subject"]
        status, out, errors = self.run_it(readings=["{broken", observation("oxygen-saturation", 1, 84), "", wrong_unit, nobody, "[]",
                                                    '{"resourceType":"Patient","id":"x"}'])
        self.assertEqual((status, len(out)), (2, 1))
        named = [line.split(":")[0] for line in errors.splitlines() if line.startswith("line ")]
        self.assertEqual(named, ["line 1", "line 4", "line 5", "line 6"])

    def test_bad_rules_are_told_with_file_and_line(self):
        status, out, errors = self.run_it(rules=LIMITS.replace("warning_low: 90", "warning_low: 80"))
        self.assertEqual((status, out), (1, []))
        self.assertRegex(errors, r"rules\.yaml:4: ")
        status, _, errors = self.run_it("--limits", self.file("limits.json", '{"limits":[{"kind":"no-such-kind","alert_low":1}]}'))
        self.assertEqual(status, 1)
        self.assertRegex(errors, r"limits\.json:1: ")
        self.assertEqual(self.run_it("--compare", str(self.folder / "none.yaml"))[0], 1)

    def test_wrong_use(self):
        for options in (["--until", "yesterday"], ["--handled-after", "soon"], ["--timezone", "Middle/Earth"], ["--no-such"], ["none.ndjson"]):
            with self.subTest(options):
                self.assertEqual(self.run_it(*options)[0], 64)
        self.assertEqual(subprocess.run([binary(), "backtest"], capture_output=True, check=False).returncode, 64)

    def test_until_is_inclusive(self):
        readings = [observation("oxygen-saturation", 60, 84), observation("oxygen-saturation", 61, 95)]
        self.assertEqual(len(self.run_it("--until", stamp(60), readings=readings)[1]), 1)
        self.assertEqual(len(self.run_it("--until", stamp(59), readings=readings)[1]), 0)

    def test_personal_limits_replace_those_of_their_kind_for_everybody(self):
        readings = [observation("oxygen-saturation", 1, 84), observation("heart-rate", 2, 120)]
        own = self.file("limits.yaml", "limits:\n  - {kind: oxygen-saturation, alert_low: 70}\n  - {kind: body-temperature, warning_high: 38}\n")
        _, out, errors = self.run_it("--limits", own, readings=readings)
        self.assertEqual([change["rule"] for change in out], ["heart-rate:warning_high"], errors)

    def test_summary_counts_raised_alarms_by_local_time(self):
        # 23:30 UTC on the 5th is 00:30 on the 6th in Oslo, in the shift that began on the 5th.
        readings = [observation("oxygen-saturation", 23 * 60 + 30, 84), observation("oxygen-saturation", 23 * 60 + 40, 84),
                    observation("oxygen-saturation", 24 * 60, 95), observation("heart-rate", 31 * 60, 120, None, "Patient/2")]
        status, [summary], _ = self.run_it("--summary", "--capacity", "0", readings=readings)
        self.assertEqual((status, summary["total"]), (0, 2))
        self.assertEqual(summary["by_day"], {"2026-01-06": 2})
        self.assertEqual(summary["by_patient"], {"Patient/1": 1, "Patient/2": 1})
        self.assertEqual(summary["by_rule"], {"heart-rate:warning_high": 1, "oxygen-saturation:alert_low": 1})
        self.assertEqual(summary["by_hour"], {"00": 1, "08": 1})
        self.assertEqual(summary["by_shift"], {"07-15": 1, "22-07": 1})
        forecast = summary["forecast"]
        self.assertEqual((forecast["shifts"], forecast["over"], forecast["mean"], forecast["p95"]), (2, 2, 1, 1))
        self.assertEqual(forecast["by_shift"]["15-22"], {"shifts": 0})
        _, [utc], _ = self.run_it("--summary", "--timezone", "UTC", readings=readings)
        self.assertEqual(utc["by_hour"], {"07": 1, "23": 1})

    def test_compare_tells_what_only_one_raises_with_the_readings_behind(self):
        other = self.file("other.yaml", LIMITS.replace("warning_low: 90", "warning_low: 92"))
        readings = [observation("oxygen-saturation", 60, 91), observation("oxygen-saturation", 120, 95), observation("oxygen-saturation", 180, 84)]
        _, [summary], _ = self.run_it("--summary", "--compare", other, readings=readings)
        self.assertEqual(summary["difference"]["only_here"]["total"], 0)
        there = summary["difference"]["only_there"]
        self.assertEqual((there["total"], there["by_rule"]), (1, {"oxygen-saturation:warning_low": {"2026-01-05": 1}}))
        self.assertEqual(there["alarms"], [{"at": stamp(60), "patient": "Patient/1", "rule": "oxygen-saturation:warning_low", "severity": "moderate",
                                            "readings": [{"line": 1, "measured": stamp(60),
                                                          "values": [{"kind": "oxygen-saturation", "value": 91}]}]}])
        _, out, _ = self.run_it("--compare", other, readings=readings)
        self.assertEqual([list(line)[0] for line in out], ["at", "difference"])

    def test_many_patients_in_any_interleaving_against_a_second_telling(self):
        seed = 20261126
        chance = random.Random(seed)
        readings = []
        for _ in range(3000):
            arrived = chance.randrange(0, 20_000)
            measured = arrived - chance.choice([0, 0, 0, 5, 59, 60, 61, 400, 1440, 1441, 3000])
            kind = chance.choice(list(LOINC))
            value = None if chance.random() < 0.05 else chance.randrange(80, 99) if kind == "oxygen-saturation" else chance.randrange(35, 140)
            readings.append((f"Patient/{chance.randrange(40)}", kind, arrived, measured, value))
        for handled in (None, 90):
            with self.subTest(seed=seed, handled_after=handled):
                options = [] if handled is None else ["--handled-after", f"{handled}m"]
                status, out, errors = self.run_it(*options, readings=[observation(kind, measured, value, arrived, patient)
                                                                      for patient, kind, arrived, measured, value in readings])
                self.assertEqual((status, errors), (0, ""))
                told = [(c["at"], c["patient"], c["rule"], c["change"], c["severity"], c["measured"], c["late"], c["superseded"]) for c in out]
                self.assertEqual(told, list(second_telling(readings, handled)))


BOUNDS = {"oxygen-saturation": [("alert_low", 85), ("warning_low", 90)],
          "heart-rate": [("alert_high", 130), ("alert_low", 40), ("warning_high", 110), ("warning_low", 50)]}


def breach(kind, value):
    for bound, limit in BOUNDS[kind]:
        side = bound.split("_")[1]
        if value < limit if side == "low" else value > limit:
            return side, f"{kind}:{bound}", "severe" if bound.startswith("alert") else "moderate"
    return None


def second_telling(readings, handled):
    """The semantics of docs/backtesting.md for limits, written again without the program's code."""
    newest, alarms = {}, {}
    for patient, kind, arrived, measured, value in sorted(readings, key=lambda reading: reading[2]):
        if value is None:
            continue
        superseded = measured < newest.get((patient, kind), measured)
        late = arrived - measured > 60
        found = breach(kind, value)
        for side in ("low", "high"):
            alarm = alarms.get((patient, kind, side))
            if alarm and handled is not None and arrived >= alarm["raised"] + handled:
                alarm = None
            change = None
            if found and found[0] == side:
                if not alarm:
                    alarm = {"raised": arrived, "rule": found[1], "severity": found[2], "normal": False, "latest": measured, "measured": measured}
                    change = "raised"
                else:
                    worse = found[2] == "severe" and alarm["severity"] == "moderate"
                    if worse or (found[2] == alarm["severity"] and not superseded and measured >= alarm["measured"]):
                        alarm["rule"] = found[1]
                    alarm["severity"] = "severe" if worse else alarm["severity"]
                    if not superseded:
                        alarm["measured"] = max(alarm["measured"], measured)
                        if measured >= alarm["latest"]:
                            alarm.update(normal=False, latest=measured)
                    change = "repeated"
            elif not found and alarm and not superseded and measured > alarm["latest"] and not alarm["normal"]:
                alarm.update(normal=True, latest=measured)
                change = "normal"
            if change:
                yield (stamp(arrived), patient, alarm["rule"], change, alarm["severity"], stamp(measured), late, superseded)
            alarms[(patient, kind, side)] = None if change == "normal" and handled is None else alarm
        newest[(patient, kind)] = max(measured, newest.get((patient, kind), measured))


if __name__ == "__main__":
    unittest.main()
