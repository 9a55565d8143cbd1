"""The main job: a vendor's POST becomes an Observation that is searched, judged, shown as an alarm and delivered."""
import unittest

import identity
import payloads
from harness import GatewayTest, standard_config, wait_until
from sink import Sink, destination
from streams import Stream

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"


class FourFormats(GatewayTest):
    def link(self, source, subject):
        number = identity.fresh()
        answer = self.gateway.as_("operator").post("/links", {
            "source": source, "subject": subject, "patient": payloads.person(number), "from": payloads.ago(days=1)})
        self.assertEqual(answer.status, 201, answer)
        return number, answer.json()["patient"]["id"]

    def served(self, result):
        """The observation of an item, checked for what every one has."""
        resource = self.observation(result["observation"])
        self.assertEqual(resource["resourceType"], "Observation")
        self.assertEqual("Observation/" + resource["id"], result["observation"])
        self.assertEqual(resource["status"], "final")
        self.assertEqual(resource["code"]["coding"][0]["system"], LOINC)
        for member in ("subject", "device"):
            if member in resource:
                self.assertEqual(set(resource[member]) - {"display"}, {"reference", "type", "identifier"}, resource[member])
        return resource

    def test_native(self):
        number = identity.fresh()
        saturation = payloads.saturation("93.0", number, device={"id": "SN-9", "model": "X"})
        answer = self.accept({
            "measurements": [saturation, payloads.pressure(132, 84, number)], "events": [payloads.event("door", number)]})
        self.assertEqual([result["outcome"] for result in answer["results"]], ["accepted"] * 3)
        first, second, third = answer["results"]
        self.assertNotIn("observation", third)

        resource = self.served(first)
        self.assertEqual(resource["code"]["coding"][0]["code"], "2708-6")
        self.assertIn(SNOMED, [coding["system"] for coding in resource["code"]["coding"]])
        self.assertEqual(resource["valueQuantity"]["code"], "%")
        self.assertEqual(resource["valueQuantity"]["system"], "http://unitsofmeasure.org")
        self.assertEqual(resource["effectiveDateTime"], saturation["time"])
        self.assertEqual(resource["subject"]["identifier"], payloads.person(number))
        self.assertEqual(resource["device"]["identifier"]["value"], "SN-9")
        raw = self.gateway.as_("hospital").get("/fhir/" + first["observation"]).text()
        self.assertIn('"value":93.0,', raw)  # digits kept as sent

        parts = {part["code"]["coding"][0]["code"]: part["valueQuantity"]["value"] for part in self.served(second)["component"]}
        self.assertEqual(parts, {"8480-6": 132, "8462-4": 84})

    def test_opentele(self):
        number, patient = self.link("opentele", "17")
        answer = self.accept(payloads.opentele(
            17,
            ("1.BP#SYSTOLIC", "Integer", 132), ("1.BP#DIASTOLIC", "Integer", 84), ("1.BP#PULSE", "Integer", 71),
            ("2.SAT#SATURATION", "Integer", 96), ("2.SAT#PULSE", "Integer", 70),
            ("3.WEIGHT", "Float", 74.5),
            ("4.TEMPERATURE##CANCEL", "Boolean", True), ("5.DECISION", "Boolean", False)), "opentele")
        self.assertEqual(answer["accepted"], 5, answer)
        self.assertEqual(answer["ignored"], 2, answer)
        reasons = [result["reason"] for result in answer["results"] if result["outcome"] == "ignored"]
        self.assertEqual(reasons, ["cancelled", "not-a-reading"])
        codes = {self.served(result)["code"]["coding"][0]["code"] for result in answer["results"] if "observation" in result}
        self.assertEqual(codes, {"85354-9", "8867-4", "2708-6", "29463-7"})
        self.assertEqual({self.patient_of(one["observation"]) for one in answer["results"] if "observation" in one}, {patient})

    def test_telli(self):
        number, patient = self.link("telli", "864593000000001")
        for reading_type, data, expected in (
            ("BloodPressure", {"systolic": 122, "diastolic": 98, "pulse": 62, "arrhythmia": 1}, {"85354-9", "8867-4"}),
            ("SpO2", {"battery": 61, "pi": 20, "pulse": 83, "rsrp": 24, "spo2": 98}, {"2708-6", "8867-4"}),
            ("BloodGlucose", {"glucose": 6.1, "readingPeriod": "after", "unit": "mmol/L"}, None),
        ):
            with self.subTest(reading_type):
                answer = self.accept(payloads.telli("864593000000001", reading_type, data), "telli")
                self.assertEqual(answer["quarantined"], 0, answer)
                accepted = [self.served(one) for one in answer["results"] if one["outcome"] == "accepted"]
                self.assertTrue(accepted)
                self.assertEqual({one["subject"]["reference"] for one in accepted}, {"Patient/" + patient})
                if expected:
                    self.assertLessEqual(expected, {one["code"]["coding"][0]["code"] for one in accepted})

    def test_withings(self):
        number, patient = self.link("withings", "12345")
        answer = self.accept(payloads.withings(
            12345,
            payloads.withings_group(1, (128, 10, 0), (81, 9, 0), (7200, 11, -2), (74126, 1, -3)),
            payloads.withings_group(2, (900, 1, -1), attrib=1),          # the scale does not know who it was
            payloads.withings_group(3, (70, 1, 0), category=2)), "withings")  # a goal
        self.assertEqual((answer["accepted"], answer["quarantined"], answer["ignored"]), (3, 1, 1), answer)
        self.assertEqual([one["reason"] for one in answer["results"] if "reason" in one], ["ambiguous-subject", "goal-not-reading"])
        weight = next(self.served(one) for one in answer["results"]
                      if one["outcome"] == "accepted" and self.served(one)["code"]["coding"][0]["code"] == "29463-7")
        self.assertEqual(weight["valueQuantity"]["value"], 74.126)  # 74126 * 10^-3, without floating point


class OneReadingAllTheWay(GatewayTest):
    """Search, limits, alarm on the stream, an alarm's life and delivery, on one patient."""

    @classmethod
    def configuration(cls):
        cls.sink = Sink()
        cls.addClassCleanup(cls.sink.stop)
        return {**standard_config(), "destinations": [destination(cls.sink)]}

    def enrolled(self):
        number = identity.fresh()
        patient = self.patient_of(self.one(payloads.saturation(95, number))["observation"])
        self.enrol(patient, "copd")
        return number, patient

    def test_a_standard_client_finds_it(self):
        number, patient = self.enrolled()
        item = payloads.saturation(93, number, time=payloads.ago(minutes=2))
        observation = self.one(item)["observation"].removeprefix("Observation/")
        hospital = self.gateway.as_("hospital")
        ways = {
            "by patient and code": f"/fhir/Observation?patient={patient}&code={LOINC}%7C2708-6",
            "by a reference": f"/fhir/Observation?patient=Patient/{patient}&category=vital-signs",
            "by date": f"/fhir/Observation?patient={patient}&date=le{item['time'].replace('+', '%2B')}",
            "by id": f"/fhir/Observation?_id={observation}",
        }
        for way, path in ways.items():
            with self.subTest(way):
                ids = [one["id"] for one in self.found(hospital.get(path))]
                self.assertIn(observation, ids)
                self.assertEqual(len(ids), len(set(ids)))
        own = self.observation("Observation/" + observation)["identifier"][0]
        with self.subTest("by our identifier"):
            found = self.found(hospital.get(f"/fhir/Observation?identifier={own['system']}%7C{own['value']}"))
            self.assertEqual([one["id"] for one in found], [observation])
        with self.subTest("by the national number, posted"):
            found = self.found(hospital.search("Observation", **{"patient.identifier": f"{identity.FNR_SYSTEM}|{number}"}))
            self.assertEqual(sorted({one["subject"]["reference"] for one in found}), [f"Patient/{patient}"])
            self.assertEqual(len(found), 2)
        with self.subTest("newest first"):
            found = self.found(hospital.get(f"/fhir/Observation?patient={patient}&_sort=-date"))
            times = [one["effectiveDateTime"] for one in found]
            self.assertEqual(times, sorted(times, reverse=True))
        with self.subTest("nobody else's"):
            self.assertEqual(self.found(hospital.get(f"/fhir/Observation?patient={patient}&code={LOINC}%7C29463-7")), [])

    def test_patient_and_device_are_read_and_searched(self):
        number = identity.fresh()
        reference = self.one(payloads.saturation(95, number, device={"id": "SN-way", "model": "Oxy 3"}))["observation"]
        resource = self.observation(reference)
        hospital = self.gateway.as_("hospital")
        found = self.found(hospital.search("Patient", identifier=f"{identity.FNR_SYSTEM}|{number}"))
        self.assertEqual(["Patient/" + one["id"] for one in found], [resource["subject"]["reference"]])
        self.assertEqual(self.observation(resource["subject"]["reference"]), found[0])
        device = self.observation(resource["device"]["reference"])
        self.assertEqual(device["resourceType"], "Device")
        self.assertEqual(self.found(hospital.get(f"/fhir/Device?_id={device['id']}")), [device])

    def test_a_breach_reaches_the_open_stream(self):
        number, patient = self.enrolled()
        with Stream(self.gateway) as stream:
            result = self.one(payloads.saturation(84, number))
            event = stream.of(result["alarms"][0])
        self.assertEqual(event.name, "raised")
        alarm = event.alarm
        self.assertEqual(alarm, self.alarm(result["alarms"][0]))
        self.assertEqual(
            {key: alarm[key] for key in ("patient", "origin", "severity", "colour", "state", "announce", "late", "superseded",
                                         "occurrence_count", "observations", "tenant", "version")},
            {"patient": patient, "origin": "limit", "severity": "severe", "colour": "red", "state": "raised", "announce": True,
             "late": False, "superseded": False, "occurrence_count": 1, "observations": [result["observation"]],
             "tenant": "bodo", "version": 1})
        self.assertEqual((alarm["reason"]["limit"], alarm["reason"]["value"], alarm["reason"]["unit"]), (85, 84, "%"))
        self.assertEqual(set(alarm["reason"]), {"rule", "version", "text", "limit", "value", "unit"})
        self.assertEqual(set(alarm["occurrences"][0]), {"at", "measured", "observation", "value", "unit"})
        self.assertEqual(set(alarm), {
            "id", "version", "tenant", "patient", "origin", "code", "severity", "colour", "state", "announce", "late",
            "superseded", "raised", "measured", "reason", "occurrence_count", "occurrences", "observations", "device", "contact",
            "owner", "deadline", "events"})
        self.assertIn(alarm["id"], [one["id"] for one in self.alarms()])

    def test_bounds_are_strict_and_have_their_severity(self):
        for value, severity in ((90, None), ("89.9", "moderate"), (85, "moderate"), ("84.9", "severe")):
            with self.subTest(value=value):
                number, _ = self.enrolled()
                result = self.one(payloads.saturation(value, number))
                severities = [self.alarm(one)["severity"] for one in result.get("alarms", [])]
                self.assertEqual(severities, [severity] if severity else [])

    def test_personal_limits_beat_the_programme_and_are_versioned(self):
        number, patient = self.enrolled()
        clinic = self.gateway.as_("clinic")
        before = clinic.get(f"/patients/{patient}/limits")
        self.assertIn({"kind": "oxygen-saturation", "warning_low": 90, "alert_low": 85},
                      [{key: one[key] for key in ("kind", "warning_low", "alert_low") if key in one} for one in before.json()["limits"]])
        tag = before.headers["ETag"]
        wanted = {"limits": [{"kind": "oxygen-saturation", "alert_low": 80}]}
        self.assertEqual(clinic.put(f"/patients/{patient}/limits", wanted, headers={"If-Match": tag}).status, 200)
        self.assertEqual(clinic.put(f"/patients/{patient}/limits", wanted, headers={"If-Match": tag}).status, 412)
        self.assertNotEqual(clinic.get(f"/patients/{patient}/limits").headers["ETag"], tag)
        self.assertNotIn("alarms", self.one(payloads.saturation(84, number)))
        self.assertEqual(self.alarm(self.one(payloads.saturation(79, number))["alarms"][0])["severity"], "severe")

    def test_one_component_of_a_pressure_raises_its_own_alarm(self):
        number, patient = self.enrolled()
        result = self.one(payloads.pressure(185, 80, number))
        self.assertEqual(len(result["alarms"]), 1)
        self.assertEqual(self.alarm(result["alarms"][0])["reason"]["value"], 185)

    def test_both_reach_the_record_system(self):
        number, patient = self.enrolled()
        result = self.one(payloads.saturation(83, number))
        key = self.observation(result["observation"])["identifier"][0]["value"]

        def delivered():
            return [one for one in self.sink.current("Observation") if one["identifier"][0]["value"] == key]

        sent = wait_until(delivered, what="delivery of the observation")[0]
        self.assertEqual(sent["valueQuantity"]["value"], 83)
        self.assertEqual(sent["subject"]["identifier"], payloads.person(number))

        def issue():
            return [one for one in self.sink.current("DetectedIssue")
                    if result["alarms"][0] in [each["value"] for each in one["identifier"]]]

        found = wait_until(issue, what="delivery of the alarm")[0]
        self.assertEqual(found["severity"], "high")
        self.assertEqual(found["patient"]["identifier"], payloads.person(number))
        self.assertEqual(found["author"]["type"], "Device")
        self.assertNotIn("mitigation", found)
        act = self.gateway.as_("centre").post(
            f"/alarms/{result['alarms'][0]}/actions", {"action": "resolve", "note": "ringte", "by": {"id": "n1", "name": "Kari"}},
            headers={"If-Match": '"1"'})
        self.assertEqual(act.status, 200, act)
        wait_until(lambda: "mitigation" in issue()[0], what="delivery of the resolved alarm")
        self.assertEqual(self.sink.faults, [])


if __name__ == "__main__":
    unittest.main()
