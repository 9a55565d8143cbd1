"""A self-treatment plan from outside: alarms show its advice, an independent validator accepts it, hostile bodies are refused."""
import json
import os
import pathlib
import subprocess
import unittest

import identity
import payloads
from harness import GatewayTest

FOLDER = pathlib.Path(os.environ["HJEMPORT_ROOT"]) / "tests/counterparts"
PLAN = {
    "title": "KOLS", "goal": "Gå tur hver dag", "author": "Lege Ola", "period": {"start": "2026-01-01"},
    "zones": [
        {"zone": "green", "feel": "Som vanlig", "numbers": "SpO2 over 90 %", "advice": ["Ta medisinene som vanlig"]},
        {"zone": "yellow", "feel": "Mer tungpustet", "numbers": "SpO2 85 til 90 %", "advice": ["Hvil", "Mål igjen om en time"], "contact": "Sykepleier, 75 00 00 00"},
        {"zone": "red", "advice": ["Ring 113"], "service": "Ringer deg straks"},
    ],
}


class CarePlan(GatewayTest):
    def setUp(self):
        self.number = identity.fresh()
        self.patient = self.patient_of(self.one(payloads.saturation(96, self.number))["observation"])
        self.path = f"/patients/{self.patient}/care-plan"
        limits = {"limits": [{"kind": "oxygen-saturation", "alert_low": 85, "warning_low": 90}]}
        self.assertIn(self.gateway.as_("clinic").put(f"/patients/{self.patient}/limits", limits).status, (200, 201))

    def put(self, body):
        return self.gateway.as_("clinic").put(self.path, body)

    def test_the_advice_of_the_zone_is_on_the_alarm_and_survives_a_kill(self):
        self.assertEqual(self.put(PLAN).status, 201)
        alarm = self.one(payloads.saturation(88, self.number))["alarms"][0]
        advice = self.alarm(alarm)["advice"]
        self.assertEqual((advice["zone"], advice["text"]), ("yellow", "Hvil\nMål igjen om en time\nKontakt: Sykepleier, 75 00 00 00"))
        self.gateway.kill()
        self.gateway.start()
        self.one(payloads.saturation(80, self.number))
        self.assertEqual(self.alarm(alarm)["advice"], {"zone": "red", "text": "Ring 113\nTjenesten: Ringer deg straks", "plan_version": 1})
        self.assertEqual(self.put({**PLAN, "status": "revoked"}).status, 200)
        self.assertNotIn("advice", self.alarm(alarm))

    def test_an_independent_validator_accepts_what_a_hospital_finds(self):
        self.assertEqual(self.put(PLAN).status, 201)
        answer = self.gateway.as_("hospital").search("CarePlan", **{"patient.identifier": f"{payloads.FNR_SYSTEM}|{self.number}"})
        self.assertEqual(answer.status, 200, answer)
        self.assertNotIn(self.number, json.dumps(answer.json()["link"]))
        file = self.gateway.folder / "found.json"
        file.write_bytes(answer.body)
        run = subprocess.run(["node", "check_document.mjs", str(file)], cwd=FOLDER, capture_output=True, text=True, timeout=90)
        self.assertEqual(run.returncode, 0, run.stderr[-2000:])
        seen = json.loads(run.stdout)
        self.assertEqual(seen["problems"], [])
        self.assertEqual(seen["resources"].count("CarePlan"), 4)
        self.assertEqual(seen["resources"].count("Condition"), 3)

    def test_hostile_bodies_are_refused_and_change_nothing(self):
        self.assertEqual(self.put(PLAN).status, 201)
        zone = {"zone": "red", "advice": ["x"]}
        for body in ([], {}, {"zones": [zone] * 500}, {"zones": [{**zone, "advice": ["x"] * 500}]}, {"zones": [{**zone, "advice": ["x" * 100_000]}]},
                     {"resourceType": "CarePlan"}, {"resourceType": "CarePlan", "intent": "plan", "contained": [{"resourceType": "CarePlan"}]},
                     {"zones": [zone], "text": {"div": "<script>"}}, {"zones": [{**zone, "zone": {"a": 1}}]}):
            answer = self.put(body)
            self.assertEqual(answer.status, 400, (body if len(str(body)) < 300 else "…", answer))
        self.assertEqual(self.gateway.as_("clinic").get(self.path).json()["meta"]["versionId"], "1")


if __name__ == "__main__":
    unittest.main()
