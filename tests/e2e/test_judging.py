"""Limits at work where the plain case of the main way ends: comparators, pulse, components, plans that change, odd events."""
import unittest

import identity
import payloads
from harness import GatewayTest
from streams import Stream


class Judging(GatewayTest):
    def setUp(self):
        self.number = identity.fresh()
        self.patient = self.patient_of(self.one(payloads.weight(80, self.number))["observation"])

    def limit(self, *limits, status=(200, 201)):
        answer = self.gateway.as_("clinic").put(f"/patients/{self.patient}/limits", {"limits": list(limits)})
        self.assertIn(answer.status, status, answer)
        return answer

    def reading(self, kind, value, unit, **more):
        return self.one({**payloads.saturation(value, self.number), "kind": kind, "unit": unit, **more})

    def test_a_comparator_counts_and_one_that_decides_nothing_raises_nothing(self):
        self.limit({"kind": "blood-glucose", "alert_high": 20, "alert_low": 3})
        high = self.reading("blood-glucose", 33.3, "mmol/L", comparator=">")
        self.assertEqual(self.alarm(high["alarms"][0])["severity"], "severe")
        low = self.reading("blood-glucose", "1.1", "mmol/L", comparator="<")
        self.assertEqual(self.alarm(low["alarms"][0])["reason"]["limit"], 3)
        self.assertNotIn("alarms", self.reading("blood-glucose", 5, "mmol/L", comparator="<", time=payloads.ago(minutes=5)))
        resource = self.observation(high["observation"])
        self.assertEqual(resource["valueQuantity"]["comparator"], ">")

    def test_limits_are_compared_in_the_kinds_own_unit(self):
        self.limit({"kind": "body-weight", "warning_high": 100}, {"kind": "body-temperature", "warning_high": 38.5})
        self.assertNotIn("alarms", self.reading("body-weight", "220.4", "lb"))       # 99.97 kg
        self.assertIn("alarms", self.reading("body-weight", "220.5", "lb"))          # 100.02 kg
        self.assertIn("alarms", self.reading("body-temperature", "101.5", "[degF]"))  # 38.6 °C

    def test_a_heart_rate_limit_judges_a_pulse_unless_the_pulse_has_its_own(self):
        self.limit({"kind": "heart-rate", "alert_high": 130})
        self.assertEqual(self.alarm(self.reading("pulse-rate", 140, "/min")["alarms"][0])["reason"]["value"], 140)
        self.limit({"kind": "heart-rate", "alert_high": 130}, {"kind": "pulse-rate", "alert_high": 150})
        self.assertNotIn("alarms", self.reading("pulse-rate", 145, "/min", time=payloads.ago(seconds=20)))
        self.assertIn("alarms", self.reading("pulse-rate", 151, "/min", time=payloads.ago(seconds=10)))

    def test_high_and_low_of_one_kind_are_two_alarms(self):
        self.limit({"kind": "body-weight", "alert_low": 50, "alert_high": 100})
        low, high = self.reading("body-weight", 45, "kg"), self.reading("body-weight", 120, "kg", time=payloads.ago(seconds=10))
        self.assertNotEqual(low["alarms"], high["alarms"])
        self.assertEqual(len(self.alarms(f"patient={self.patient}&state=open")), 2)

    def test_both_components_breach_each_by_itself(self):
        self.limit({"kind": "blood-pressure", "component": "systolic", "alert_high": 180},
                   {"kind": "blood-pressure", "component": "diastolic", "alert_high": 100})
        result = self.one(payloads.pressure(190, 110, self.number))
        values = sorted(self.alarm(one)["reason"]["value"] for one in result["alarms"])
        self.assertEqual(values, [110, 190])

    def test_limits_that_make_no_sense_are_400_and_change_nothing(self):
        good = self.limit({"kind": "body-weight", "alert_high": 100}).json()
        for name, limit in (("unknown kind", {"kind": "mood", "alert_high": 1}), ("no bound", {"kind": "body-weight"}),
                            ("crossed bounds", {"kind": "body-weight", "alert_low": 90, "warning_low": 80}),
                            ("no number", {"kind": "body-weight", "alert_high": "many"}),
                            ("no component", {"kind": "blood-pressure", "alert_high": 180}),
                            ("wrong component", {"kind": "body-weight", "component": "systolic", "alert_high": 180}),
                            ("unknown member", {"kind": "body-weight", "alert_hihg": 100})):
            with self.subTest(name):
                self.limit(limit, status=(400, 422))
        twice = {"kind": "body-weight", "alert_high": 100}
        self.limit(twice, twice, status=(400, 422))
        self.assertEqual(self.gateway.as_("clinic").get(f"/patients/{self.patient}/limits").json(), good)

    def test_leaving_a_programme_takes_its_limits_and_an_unknown_one_is_400(self):
        self.enrol(self.patient, "copd", "weight")
        self.assertEqual(len(self.one(payloads.saturation(80, self.number))["alarms"]), 1)
        self.enrol(self.patient, "weight")
        self.assertNotIn("alarms", self.one(payloads.saturation(70, self.number, time=payloads.ago(seconds=5))))
        self.assertIn("alarms", self.reading("body-weight", 101, "kg"))
        unknown = self.gateway.as_("clinic").put(f"/patients/{self.patient}/programmes", {"programmes": ["no-such"]})
        self.assertEqual(unknown.status, 400)
        self.assertEqual(self.gateway.as_("clinic").get(f"/patients/{self.patient}/programmes").json()["programmes"], ["weight"])

    def test_events_with_something_wrong_still_call(self):
        for name, change in (("a kind nobody knows", {"kind": "earthquake"}), ("no time", {"time": None}), ("a broken time", {"time": "noon"}),
                             ("no id", {"id": None}), ("no subject at all", {"patient": None})):
            with self.subTest(name), Stream(self.gateway) as stream:
                press = {**payloads.event("safety-alarm", self.number), **change}
                result = self.accept(payloads.events({key: value for key, value in press.items() if value is not None}))["results"][0]
                self.assertEqual(result["outcome"], "accepted", result)
                self.assertTrue(stream.of(result["alarms"][0]).alarm["announce"])

    def test_events_that_call_nobody_are_accepted_all_the_same(self):
        result = self.accept(payloads.events(payloads.event("medication-dispensed", self.number)))["results"][0]
        self.assertEqual((result["outcome"], result.get("alarms", [])), ("accepted", []))

    def test_the_same_fault_at_two_patients_is_two_alarms(self):
        """Both named only by number: the second was answered 409, because what has no name of its own counted as one thing."""
        alarms = []
        for number in (self.number, identity.fresh()):
            result = self.accept(payloads.events(payloads.event("low-battery", number)))["results"][0]
            alarms.append(self.alarm(result["alarms"][0]))
        self.assertNotEqual(alarms[0]["id"], alarms[1]["id"])
        self.assertNotEqual(alarms[0]["patient"], alarms[1]["patient"])
        again = self.accept(payloads.events(payloads.event("low-battery", self.number)))["results"][0]
        self.assertEqual(again["alarms"], [alarms[0]["id"]])

    def test_a_device_that_went_to_the_next_patient_is_that_patients(self):
        device, change = payloads.unique("SN"), payloads.ago(hours=1)
        patients = []
        for number, period in ((self.number, {"from": payloads.ago(days=1), "to": change}), (identity.fresh(), {"from": change})):
            answer = self.gateway.as_("operator").post(
                "/links", {"source": "sensors", "subject": device, "patient": payloads.person(number), **period})
            self.assertEqual(answer.status, 201, answer)
            patients.append(answer.json()["patient"]["id"])
        for time, patient in ((payloads.ago(hours=2), patients[0]), (payloads.ago(seconds=9), patients[1])):
            result = self.accept(payloads.events(payloads.event("low-battery", device={"id": device}, time=time)))["results"][0]
            self.assertEqual(self.alarm(result["alarms"][0])["patient"], patient)

    def test_a_technical_alarm_without_patient_goes_on_as_the_patients(self):
        device = payloads.unique("SN")
        first = self.accept(payloads.events(payloads.event("low-battery", device={"id": device})))["results"][0]["alarms"]
        self.gateway.as_("operator").post("/links", {"source": "sensors", "subject": device, "patient": payloads.person(self.number),
                                                     "from": payloads.ago(days=1)})
        self.assertEqual(self.alarm(first[0])["patient"], self.patient)
        second = self.accept(payloads.events(payloads.event("low-battery", device={"id": device})))["results"][0]["alarms"]
        self.assertEqual(second, first)

    def test_each_kind_of_event_has_its_origin(self):
        for kind, origin in (("fall", "event"), ("safety-alarm", "event"), ("bed-exit", "event"), ("inactivity", "event"),
                             ("medication-missed", "event"), ("low-battery", "technical"), ("no-contact", "technical"),
                             ("technical", "technical")):
            with self.subTest(kind):
                result = self.accept(payloads.events(payloads.event(kind, self.number)))["results"][0]
                self.assertEqual(self.alarm(result["alarms"][0])["origin"], origin)


if __name__ == "__main__":
    unittest.main()
