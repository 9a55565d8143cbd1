"""`hjemport convert`: payload in, FHIR out, for the samples in the vendors' pages and for input that cannot be read."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import fhir_shape
import identity
import payloads
from harness import binary

PAGES = pathlib.Path(os.environ.get("HJEMPORT_ROOT", pathlib.Path(__file__).parents[2])) / "docs" / "vendors"
NOW = "2026-11-20T12:00:00Z"
# What an adapter needs besides the payload.
FILES = {"iomt": ["--mapping", str(PAGES / "iomt" / "devicecontent.json"), "--fhir-mapping", str(PAGES / "iomt" / "fhirmapping.json")]}


def convert(*options, payload=""):
    done = subprocess.run([binary(), "convert", *options], input=payload.encode() if isinstance(payload, str) else payload,
                          capture_output=True, timeout=30, check=False)
    out = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return done.returncode, out, done.stderr.decode()


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Convert(unittest.TestCase):
    def setUp(self):
        self.patient = f"{identity.FNR_SYSTEM}|{identity.fresh()}"

    def test_every_sample_of_the_vendors_pages_becomes_fhir(self):
        pages = sorted(PAGES.glob("*.md"))
        self.assertLessEqual({"hjemport", "opentele", "telli", "withings"}, {page.stem for page in pages})
        for page in pages:
            samples = re.findall(r"```(?:json|csv|hl7|xml)\n(.*?)```", page.read_text(), re.DOTALL)
            self.assertTrue(samples, page)
            for sample in samples:
                with self.subTest(page.stem):
                    status, resources, errors = convert("--adapter", page.stem, *FILES.get(page.stem, []), "--patient", self.patient,
                                                        "--now", NOW, payload=sample)
                    self.assertEqual(status, 0, errors)
                    self.assertTrue(resources)
                    for resource in resources:
                        self.assertEqual(fhir_shape.problems(resource), [], resource)
                    for line in lines(errors):
                        self.assertLessEqual({"outcome", "reason", "index"}, set(line))

    def test_a_file_of_more_items_than_a_payload_may_hold_is_read_in_pieces(self):
        reading = ('<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="W" unit="count/min" value="66" '
                   'startDate="2026-11-20 08:00:00 +0100" endDate="2026-11-20 08:00:00 +0100"/>')
        export = "<HealthData>" + "<Workout/>\n" * 200_001 + reading + "</HealthData>"
        status, out, errors = convert("--adapter", "apple-health", "--patient", self.patient, "--now", NOW, payload=export)
        self.assertEqual((status, len(out), errors.count("\n")), (0, 1, 200_001))
        status, out, errors = convert("--adapter", "apple-health", "--patient", self.patient, "--now", NOW,
                                      payload="<HealthData>" + reading + "<Record")
        self.assertEqual((status, len(out), lines(errors)[-1]["reason"]), (2, 1, "undecodable"))

    def test_one_line_per_item_on_one_of_the_two_outputs(self):
        number = identity.fresh()
        good, unplaced = payloads.saturation(93, number), payloads.saturation(94)
        unknown = {**payloads.saturation(93, number), "kind": "mood"}
        status, out, errors = convert("--adapter", "hjemport", payload=json.dumps(payloads.readings(good, unplaced, unknown)))
        self.assertEqual((status, len(out)), (0, 1))
        self.assertEqual(out[0]["subject"]["identifier"]["value"], number)
        self.assertEqual([(one["outcome"], one["reason"], one["index"]) for one in lines(errors)],
                         [("quarantined", "unknown-subject", 1), ("quarantined", "unknown-kind", 2)])

    def test_the_patient_given_is_for_items_that_name_none(self):
        own, given = identity.fresh(), identity.fresh()
        status, out, errors = convert("--adapter", "hjemport", "--patient", f"{identity.FNR_SYSTEM}|{given}",
                                      payload=json.dumps(payloads.readings(payloads.saturation(93, own), payloads.saturation(94, subject="u"))))
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual([one["subject"]["identifier"]["value"] for one in out], [own, given])

    def test_ignored_items_say_so(self):
        sample = payloads.opentele(7, ("1.WEIGHT", "Float", 74.5), ("2.DECISION", "Boolean", True), ("3.WEIGHT##CANCEL", "Boolean", True))
        status, out, errors = convert("--adapter", "opentele", "--patient", self.patient, payload=json.dumps(sample))
        self.assertEqual((status, len(out)), (0, 1))
        self.assertEqual([(one["outcome"], one["reason"]) for one in lines(errors)], [("ignored", "not-a-reading"), ("ignored", "cancelled")])

    def test_a_safety_event_becomes_a_finding(self):
        status, out, errors = convert("--adapter", "hjemport", "--patient", self.patient,
                                      payload=json.dumps(payloads.events(payloads.event("fall", subject="u"))))
        self.assertEqual((status, [one["resourceType"] for one in out]), (0, ["DetectedIssue"]), errors)
        self.assertEqual(fhir_shape.problems(out[0]), [])

    def test_what_cannot_be_read_is_2_and_says_why(self):
        for payload in ("", "hello", "[]", b"\xff\xfe", '{"measurements":7}'):
            with self.subTest(payload=payload):
                status, out, errors = convert("--adapter", "hjemport", payload=payload)
                self.assertEqual((status, out), (2, []))
                self.assertEqual([one["reason"] for one in lines(errors)], ["undecodable"])

    def test_wrong_use_is_64_and_prints_nothing_on_standard_output(self):
        for options in ([], ["--adapter", "no-such-format"], ["--adapter"], ["--adapter", "hjemport", "--no-such-option"],
                        ["--adapter", "hjemport", "--patient", "no bar"], ["--adapter", "hjemport", "--timezone", "Europe/Nowhere"],
                        ["--adapter", "hjemport", "--now", "noon"], ["--adapter", "hjemport", "/no/such/file"],
                        ["--adapter", "hjemport", "--patient", f"{identity.FNR_SYSTEM}|{identity.wrong_check_digit(identity.fresh())}"]):
            with self.subTest(options=options):
                status, out, errors = convert(*options, payload='{"measurements":[]}')
                self.assertEqual((status, out), (64, []))
                self.assertNotEqual(errors, "")

    def test_a_file_and_standard_input_give_the_same(self):
        sample = json.dumps(payloads.readings(payloads.saturation(93)))
        options = ["--adapter", "hjemport", "--patient", self.patient]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(sample)
            file.flush()
            answers = [convert(*options, file.name), convert(*options, "-", payload=sample), convert(*options, payload=sample)]
        members = ("valueQuantity", "effectiveDateTime", "identifier", "code")
        for _, out, _ in answers:
            self.assertEqual(len(out), 1)
            self.assertEqual({key: value for key, value in out[0].items() if key in members},
                             {key: value for key, value in answers[0][1][0].items() if key in members})

    def test_the_zone_is_for_times_without_offset(self):
        item = {**payloads.saturation(93), "time": "2026-07-01T08:00:00"}
        for zone, expected in (([], "2026-07-01T08:00:00+02:00"), (["--timezone", "UTC"], "2026-07-01T08:00:00")):
            status, out, _ = convert("--adapter", "hjemport", "--patient", self.patient, "--now", NOW, *zone,
                                     payload=json.dumps(payloads.readings(item)))
            self.assertEqual(status, 0)
            self.assertTrue(out[0]["effectiveDateTime"].startswith(expected), out[0]["effectiveDateTime"])

    def test_explain_tells_the_steps_and_changes_no_output(self):
        sample = json.dumps(payloads.readings({**payloads.weight(178.2), "unit": "lb"}, {**payloads.saturation(93), "unit": "furlong"}))
        options = ["--adapter", "hjemport", "--patient", self.patient]
        _, plain, _ = convert(*options, payload=sample)
        status, out, errors = convert(*options, "--explain", payload=sample)
        self.assertEqual((status, len(out)), (0, 1))
        self.assertEqual(out[0]["valueQuantity"], plain[0]["valueQuantity"])
        told = lines(errors)
        self.assertTrue(any(one.get("step") == "decoded" and one["index"] == 0 for one in told))
        self.assertTrue(any(one.get("reason") == "unknown-unit" and one["index"] == 1 for one in told))


if __name__ == "__main__":
    unittest.main()
