"""Rules at work: a trend caught over a kill, what is told of it and why, and a NEWS2 that an independent validator accepts."""
import json
import os
import pathlib
import subprocess
import unittest

import identity
import payloads
from harness import Gateway, GatewayTest, binary, secret, source, standard_config, wait_until

FOLDER = pathlib.Path(os.environ["HJEMPORT_ROOT"]) / "tests/counterparts"
GAIN = {"id": "weight-gain", "kind": "body-weight", "rise": 2, "within": "3d", "severity": "moderate"}
NEWS2 = {"id": "news2-high", "score": "news2", "at_least": 5, "max_age": "1h", "severity": "severe"}


def why(gateway, reading, who="clinic"):
    return subprocess.run(
        [binary(), "why", reading, "--url", f"http://127.0.0.1:{gateway.port}", "--token", "env:ASKING"],
        env={**os.environ, "ASKING": secret(who)}, capture_output=True, text=True, timeout=30)


class Rules(GatewayTest):
    def setUp(self):
        self.number = identity.fresh()

    def plan(self, patient, **plan):
        answer = self.gateway.as_("clinic").put(f"/patients/{patient}/limits", plan)
        self.assertIn(answer.status, (200, 201), answer)

    def test_a_gain_over_days_is_an_alarm_before_any_limit_and_says_why(self):
        first = self.one(payloads.weight("80.0", self.number, time=payloads.ago(days=2)))
        patient = self.patient_of(first["observation"])
        self.plan(patient, limits=[{"kind": "body-weight", "alert_high": 120}], rules=[GAIN, {**GAIN, "id": "trying", "rise": 1, "shadow": True}])
        self.assertNotIn("alarms", self.one(payloads.weight("81.2", self.number, time=payloads.ago(days=1))))
        last = self.one(payloads.weight("82.3", self.number))
        alarm = self.alarm(last["alarms"][0])
        self.assertEqual((alarm["origin"], alarm["severity"], alarm["reason"]["rule"]), ("rule", "moderate", "weight-gain"))
        self.assertTrue(alarm["reason"]["text"].startswith("Vekt steget 2,3 kg"), alarm["reason"])
        self.assertEqual(set(alarm["observations"]), {last["observation"], first["observation"]})

        told = why(self.gateway, last["observation"])
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("limit body-weight (personal): within", told.stdout)
        self.assertIn("rule weight-gain (personal): breach, rose 2.3 of 2", told.stdout)
        self.assertIn("raised alarm " + alarm["id"], told.stdout)
        self.assertIn("rule trying (personal): breach, rose", told.stdout)
        self.assertIn("(shadow: raises nothing)", told.stdout)
        quiet = why(self.gateway, first["observation"])
        self.assertIn("not-enrolled", quiet.stdout)
        self.assertEqual(why(self.gateway, "Observation/0000000000000001").returncode, 1)
        self.assertEqual(why(self.gateway, last["observation"], "operator").returncode, 1)

        answer = self.gateway.as_("clinic").get(f"/patients/{patient}/judgements?kind=body-weight").json()
        self.assertEqual([one["judgement"]["outcome"] for one in answer["judgements"]], ["judged"])  # of the last 24 hours
        self.assertEqual(self.gateway.as_("clinic").get(f"/patients/{patient}/judgements?at=soon").status, 400)
        self.assertEqual(self.gateway.as_("clinic-oslo").get(f"/patients/{patient}/judgements").status, 404)

    def test_a_complete_news2_is_a_resource_of_its_own_that_a_validator_accepts(self):
        patient = self.patient_of(self.one(payloads.weight(80, self.number))["observation"])
        self.plan(patient, rules=[NEWS2])
        def item(kind, value, unit=None, **more):
            made = {**payloads.saturation(value, self.number), "kind": kind, **more}
            if unit is None:
                del made["unit"]
            else:
                made["unit"] = unit
            return made
        self.accept(payloads.readings(
            item("respiratory-rate", 22, "/min"), item("heart-rate", 95, "/min"), item("body-temperature", "38.5", "Cel"),
            payloads.pressure(105, 70, self.number), item("consciousness", "A"), item("oxygen-saturation", 93, "%", oxygen="air", site="finger")))
        found = self.gateway.as_("hospital").search("Observation", patient=patient, code="http://snomed.info/sct|1104051000000101").json()
        self.assertEqual(found["total"] if "total" in found else len(found["entry"]), 1)
        score = found["entry"][0]["resource"]
        self.assertEqual(score["valueQuantity"]["value"], 7)
        self.assertEqual(len(score["component"]), 7)
        self.assertEqual(len(score["derivedFrom"]), 6)
        self.assertEqual([one["reason"]["rule"] for one in self.alarms(f"patient={patient}&state=open")], ["news2-high"])

        numbers = self.gateway.folder / "numbers.json"
        numbers.write_text(json.dumps([self.number]))
        run = subprocess.run(["node", "check.mjs", f"http://127.0.0.1:{self.gateway.port}/fhir", secret("hospital"), str(numbers)],
                             cwd=FOLDER, capture_output=True, text=True, timeout=90)
        self.assertEqual(run.returncode, 0, run.stderr[-2000:])
        self.assertEqual(json.loads(run.stdout)["problems"], [])


class FormsAndShadows(unittest.TestCase):
    """A form whose answers make a CAT, and a rule that is tried before it alarms."""

    def setUp(self):
        config = standard_config()
        config["sources"].append(source("forms", adapter="fhir"))
        self.gateway = Gateway(config)
        self.addCleanup(self.gateway.clean_up)
        self.gateway.start()
        self.number = identity.fresh()
        first = self.gateway.accept(payloads.readings(payloads.saturation(95, self.number)))["results"][0]["observation"]
        self.patient = self.gateway.as_("hospital").get("/fhir/" + first).json()["subject"]["reference"].removeprefix("Patient/")

    def plan(self, **plan):
        answer = self.gateway.as_("clinic").put(f"/patients/{self.patient}/limits", plan)
        self.assertIn(answer.status, (200, 201), answer)

    def test_a_complete_form_is_a_cat_that_a_validator_accepts(self):
        links = ["cough", "phlegm", "tightness", "breathless", "activities", "confidence", "sleep", "energy"]
        self.plan(rules=[{"id": "cat-high", "severity": "moderate", "form": {"questionnaire": "http://example.org/cat", "total": "cat", "links": links, "at_least": 20}}])
        answers = [{"linkId": link, "answer": [{"valueInteger": 3}]} for link in links]
        form = {"resourceType": "QuestionnaireResponse", "id": "q1", "status": "completed", "questionnaire": "http://example.org/cat|1", "authored": payloads.ago(minutes=5),
                "subject": {"identifier": {"system": identity.FNR_SYSTEM, "value": self.number}}, "item": answers}
        answer = self.gateway.as_("forms").post("/ingest/forms", form, content_type="application/fhir+json")
        self.assertEqual(answer.status, 200, answer)
        result = answer.json()["results"][0]
        self.assertEqual(len(result["alarms"]), 1, result)
        found = self.gateway.as_("hospital").search("Observation", patient=self.patient, code="urn:hjemport:kind|cat").json()["entry"]
        self.assertEqual([one["resource"]["valueQuantity"]["value"] for one in found], [24])
        self.assertEqual(found[0]["resource"]["derivedFrom"], [{"reference": result["observation"]}])
        numbers = self.gateway.folder / "numbers.json"
        numbers.write_text(json.dumps([self.number]))
        run = subprocess.run(["node", "check.mjs", f"http://127.0.0.1:{self.gateway.port}/fhir", secret("hospital"), str(numbers)],
                             cwd=FOLDER, capture_output=True, text=True, timeout=90)
        self.assertEqual(run.returncode, 0, run.stderr[-2000:])
        self.assertEqual(json.loads(run.stdout)["problems"], [])

    def test_a_shadow_rule_is_listed_compared_and_promoted(self):
        self.plan(rules=[{"id": "low", "kind": "oxygen-saturation", "below": 92, "severity": "moderate", "shadow": True}])
        self.assertNotIn("alarms", self.gateway.accept(payloads.readings(payloads.saturation(91, self.number)))["results"][0])
        clinic = self.gateway.as_("clinic")
        listed = clinic.get("/shadow-rules").json()["shadow_rules"]
        self.assertEqual([(one["id"], one["patients"], one["rule"]["below"]) for one in listed], [("low", 1, 92)])
        begun = clinic.post("/backtests", {"shadow": True, "patients": [self.patient]})
        self.assertEqual(begun.status, 202, begun)
        done = wait_until(lambda: (one := clinic.get(begun.headers["Location"]).json())["state"] != "running" and one, what="the back-test")
        self.assertEqual((done["state"], done["report"]["summary"]["total"]), ("done", 1), done)
        promoted = clinic.post("/shadow-rules/low/promote", {})
        self.assertEqual((promoted.status, promoted.json()), (200, {"rule": "low", "promoted": 1}))
        self.assertEqual(clinic.get("/shadow-rules").json(), {"shadow_rules": []})
        self.assertEqual(len(self.gateway.accept(payloads.readings(payloads.saturation(91, self.number)))["results"][0]["alarms"]), 1)


class RulesOverAKill(unittest.TestCase):
    def test_what_was_measured_before_a_kill_counts_after_it(self):
        gateway = Gateway(standard_config())
        self.addCleanup(gateway.clean_up)
        gateway.start()
        number = identity.fresh()
        first = gateway.accept(payloads.readings(payloads.weight("80.0", number, time=payloads.ago(days=1))))["results"][0]
        patient = gateway.as_("hospital").get("/fhir/" + first["observation"]).json()["subject"]["reference"].removeprefix("Patient/")
        self.assertIn(gateway.as_("clinic").put(f"/patients/{patient}/limits", {"rules": [GAIN]}).status, (200, 201))
        gateway.kill()
        gateway.start()
        last = gateway.accept(payloads.readings(payloads.weight("82.0", number)))["results"][0]
        alarm = gateway.as_("centre").get("/alarms/" + last["alarms"][0]).json()
        self.assertEqual(alarm["reason"]["rule"], "weight-gain")


if __name__ == "__main__":
    unittest.main()
