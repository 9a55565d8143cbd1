"""Whose reading it is: national numbers, links with periods, events nobody could place, and corrected links."""
import unittest

import identity
import payloads
from harness import GatewayTest, standard_config, wait_until
from sink import Sink, destination
from streams import Stream


class Placing(GatewayTest):
    @classmethod
    def configuration(cls):
        cls.sink = Sink()
        cls.addClassCleanup(cls.sink.stop)
        config = {**standard_config(), "destinations": [destination(cls.sink)]}
        for one in config["sources"]:
            if one["id"] == "sensors-two":
                one["create_patients"] = False
        return config

    def link(self, subject, number, status=201, source="sensors", **more):
        answer = self.gateway.as_("operator").post(
            "/links", {"source": source, "subject": subject, "patient": payloads.person(number), **more})
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def waiting(self, item_id):
        answer = self.gateway.as_("operator").get(f"/admin/quarantine/{item_id}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json()["state"] == "waiting"

    def observations(self, patient, query=""):
        return self.found(self.gateway.as_("hospital").get(f"/fhir/Observation?patient={patient}{query}"))

    # -- national numbers

    def test_a_valid_number_places_by_itself(self):
        number = identity.fresh()
        first, second = self.one(payloads.saturation(95, number)), self.one(payloads.weight(80, number))
        self.assertEqual(self.patient_of(first["observation"]), self.patient_of(second["observation"]))

    def test_numbers_that_are_not_valid_here_are_held(self):
        good = identity.fresh()
        real_month = identity.with_check_digits("010190" + "100") or identity.with_check_digits("010190" + "101")
        for name, value in (("check digit", identity.wrong_check_digit(good)), ("short", good[:10]), ("letters", "abcdefghijk"),
                            ("a real number in a test environment", real_month), ("empty", "")):
            with self.subTest(name):
                item = payloads.saturation(95, good)
                item["patient"]["value"] = value
                result = self.one(item)
                self.assertEqual((result["outcome"], result["reason"]), ("quarantined", "invalid-identifier"))

    def test_the_number_says_which_system_it_is(self):
        number = identity.fresh()
        d_number = next(made for nine in range(100, 500)
                        if (made := identity.with_check_digits(f"{int(number[:1]) + 4}{number[1:6]}{nine:03}")))
        item = payloads.saturation(95, d_number)
        resource = self.observation(self.one(item)["observation"])
        self.assertEqual(resource["subject"]["identifier"]["system"], "urn:oid:2.16.578.1.12.4.1.4.2")

    def test_a_source_that_may_not_create_patients_holds_unknown_ones(self):
        number = identity.fresh()
        held = self.one(payloads.saturation(95, number), "sensors-two")
        self.assertEqual((held["outcome"], held["reason"]), ("quarantined", "unknown-subject"))
        self.one(payloads.saturation(95, number))
        self.assertEqual(self.one(payloads.saturation(94, number), "sensors-two")["outcome"], "accepted")

    # -- links

    def test_the_link_valid_at_the_measured_time_decides(self):
        subject = payloads.unique("device")
        first, second = identity.some(2)
        change = payloads.ago(hours=5)
        one = self.link(subject, first, **{"from": payloads.ago(days=2), "to": change})
        two = self.link(subject, second, **{"from": change})
        for time, expected in ((payloads.ago(hours=6), one), (change, two), (payloads.ago(minutes=1), two)):
            with self.subTest(time=time):
                result = self.one(payloads.saturation(95, subject=subject, time=time))
                self.assertEqual(self.patient_of(result["observation"]), expected["patient"]["id"])
        before = self.one(payloads.saturation(95, subject=subject, time=payloads.ago(days=3)))
        self.assertEqual((before["outcome"], before["reason"]), ("quarantined", "unknown-subject"))

    def test_a_device_without_subject_is_placed_by_its_own_link(self):
        device = payloads.unique("SN")
        link = self.link(device, identity.fresh(), **{"from": payloads.ago(days=1)})
        result = self.one(payloads.saturation(95, device={"id": device}))
        self.assertEqual(self.patient_of(result["observation"]), link["patient"]["id"])

    def test_two_patients_at_one_time_are_409_and_one_patient_twice_is_a_correction(self):
        subject = payloads.unique("device")
        first, second = identity.some(2)
        link = self.link(subject, first, **{"from": payloads.ago(days=1)})
        for period in ({"from": payloads.ago(hours=1)}, {"from": payloads.ago(days=2), "to": payloads.ago(hours=23)}, {}):
            with self.subTest(period=period):
                self.link(subject, second, status=409, **period)
        self.link(subject, second, **{"from": payloads.ago(days=2), "to": payloads.ago(days=1, minutes=1)})
        corrected = self.link(subject, first, status=200, **{"from": payloads.ago(hours=20)})
        self.assertEqual((corrected["id"], corrected["version"]), (link["id"], 2))
        listed = self.gateway.as_("operator").get("/links").json()["links"]
        self.assertIn(corrected, listed)

    def test_links_that_make_no_sense_are_400(self):
        number = identity.fresh()
        good = {"source": "sensors", "subject": "s", "patient": payloads.person(number)}
        for name, body in (("no subject", {**good, "subject": ""}), ("no patient", {"source": "sensors", "subject": "s"}),
                           ("wrong number", {**good, "patient": payloads.person(identity.wrong_check_digit(number))}),
                           ("no offset", {**good, "from": "2026-01-01T00:00:00"}),
                           ("ends before it begins", {**good, "from": payloads.ago(hours=1), "to": payloads.ago(hours=2)}),
                           ("release is no boolean", {**good, "release": "yes"}), ("no object", [])):
            with self.subTest(name):
                answer = self.gateway.as_("operator").post("/links", body)
                self.assertEqual(answer.status, 400, answer)
                self.assertNotIn(number[:9], answer.text())

    def test_waiting_readings_stay_without_release_and_come_with_it(self):
        subject, number = payloads.unique("user"), identity.fresh()
        inside = [self.one(payloads.saturation(90 + hour, subject=subject, time=payloads.ago(hours=hour))) for hour in (2, 3, 1)]
        outside = self.one(payloads.saturation(99, subject=subject, time=payloads.ago(days=3)))
        for result in inside + [outside]:
            self.assertEqual((result["outcome"], result["reason"]), ("quarantined", "unknown-subject"))
        link = self.link(subject, number, **{"from": payloads.ago(days=1)})
        patient = link["patient"]["id"]
        self.one(payloads.saturation(95, subject=subject))  # goes through, and whatever the link set off has had its turn
        self.assertTrue(all(self.waiting(result["quarantine"]) for result in inside))
        self.assertEqual(len(self.observations(patient)), 1)

        self.link(subject, number, status=200, release=True)
        wait_until(lambda: not any(self.waiting(result["quarantine"]) for result in inside), what="release")
        self.assertTrue(self.waiting(outside["quarantine"]))
        released = self.observations(patient, "&_sort=_lastUpdated")
        self.assertEqual([one["valueQuantity"]["value"] for one in released], [95, 93, 92, 91])  # in measured order

    def test_a_resend_of_what_waits_is_the_same_item(self):
        item = payloads.saturation(95, subject=payloads.unique("user"))
        first, again = self.one(item), self.one(item)
        self.assertEqual((again["outcome"], again["quarantine"]), ("quarantined", first["quarantine"]))

    # -- events nobody could place

    def test_an_event_without_patient_calls_at_once_and_gets_its_patient_with_the_link(self):
        device, number = payloads.unique("pendant"), identity.fresh()
        with Stream(self.gateway) as stream:
            result = self.accept(payloads.events(payloads.event(
                "safety-alarm", device={"id": device}, location="bad", contact="+47 00 00 00 00")))["results"][0]
            self.assertEqual(result["outcome"], "accepted")
            raised = stream.of(result["alarms"][0]).alarm
            self.assertEqual((raised["patient"], raised["device"], raised["contact"], raised["severity"], raised["announce"],
                              raised["tenant"], raised["origin"]),
                             (None, device, "+47 00 00 00 00", "critical", True, "bodo", "event"))
            self.assertIn("bad", raised["reason"]["text"])
            link = self.link(device, number, **{"from": payloads.ago(hours=1)})
            known = stream.of(result["alarms"][0]).alarm
        self.assertEqual((known["patient"], known["announce"]), (link["patient"]["id"], False))
        self.assertEqual(self.alarm(result["alarms"][0])["patient"], link["patient"]["id"])
        again = self.accept(payloads.events(payloads.event("safety-alarm", device={"id": device})))["results"][0]
        self.assertEqual(again["alarms"], result["alarms"])  # now the patient's open alarm

    def test_events_of_unknown_devices_are_one_alarm_per_device(self):
        one, two = payloads.unique("pendant"), payloads.unique("pendant")
        alarms = [self.accept(payloads.events(payloads.event("fall", device={"id": device})))["results"][0]["alarms"][0]
                  for device in (one, one, two)]
        self.assertEqual(alarms[0], alarms[1])
        self.assertNotEqual(alarms[0], alarms[2])

    def test_an_event_of_an_invalid_number_calls_all_the_same(self):
        result = self.accept(payloads.events(payloads.event("fall", identity.wrong_check_digit(identity.fresh()))))["results"][0]
        self.assertEqual(result["outcome"], "accepted")
        self.assertIsNone(self.alarm(result["alarms"][0])["patient"])

    # -- corrected links

    def test_a_shortened_link_withdraws_and_places_on_the_right_patient(self):
        subject = payloads.unique("device")
        wrong, right = identity.some(2)
        period = {"from": payloads.ago(hours=20)}
        wrong_patient = self.link(subject, wrong, **period)["patient"]["id"]
        self.enrol(wrong_patient, "copd")
        item = payloads.saturation(80, subject=subject, time=payloads.ago(minutes=20))
        kept = self.one(payloads.saturation(95, subject=subject, time=payloads.ago(hours=10)))
        moved = self.one(item)
        alarm = moved["alarms"][0]
        key = self.observation(moved["observation"])["identifier"][0]["value"]
        wait_until(lambda: any(one["identifier"][0]["value"] == key for one in self.sink.current("Observation")), what="delivery")

        change = payloads.ago(hours=5)
        self.link(subject, wrong, status=200, to=change)
        wait_until(lambda: self.observation(moved["observation"])["status"] == "entered-in-error", what="withdrawal")
        self.assertEqual(self.observation(kept["observation"])["status"], "final")
        noted = self.alarm(alarm)
        self.assertEqual(noted["state"], "raised")
        self.assertIn(moved["observation"], noted["events"][-1]["note"])
        # Nobody else is linked: it waits, and goes to whoever is linked then.
        held = self.gateway.as_("operator").get(f"/admin/quarantine?subject={subject}").json()["items"]
        self.assertEqual([one["reason"] for one in held], ["unknown-subject"])
        link = self.link(subject, right, release=True, **{"from": change})
        right_patient = link["patient"]["id"]
        placed = wait_until(lambda: self.observations(right_patient), what="placing on the right patient")
        self.assertEqual([one["valueQuantity"]["value"] for one in placed], [80])
        self.assertNotEqual("Observation/" + placed[0]["id"], moved["observation"])
        self.assertEqual(placed[0]["effectiveDateTime"], item["time"])
        self.assertEqual(self.patient_of(moved["observation"]), wrong_patient)

        # The vendor's retry finds the one that stands.
        again = self.one(item)
        self.assertEqual((again["outcome"], again["observation"]), ("duplicate", "Observation/" + placed[0]["id"]))

        def told():
            sent = {(one["subject"]["identifier"]["value"], one["status"]) for one in self.sink.current("Observation")
                    if one["effectiveDateTime"] == item["time"]}
            return sent if len(sent) > 1 else None

        self.assertEqual(wait_until(told, what="telling the receiver of both"), {(wrong, "entered-in-error"), (right, "final")})

        with self.subTest("a later version keeps the identifier of the one that stands"):
            self.assertEqual(self.one({**item, "value": 81})["outcome"], "amended")
            identifiers = [one["identifier"] for one in (placed[0], self.observation("Observation/" + placed[0]["id"]))]
            self.assertEqual(*identifiers)
            token = f"{identifiers[0][0]['system']}%7C{identifiers[0][0]['value']}"
            found = self.found(self.gateway.as_("hospital").get(f"/fhir/Observation?identifier={token}"))
            self.assertEqual([one["id"] for one in found], [placed[0]["id"]])

    def test_a_link_corrected_onto_another_patient_moves_at_once(self):
        subject = payloads.unique("device")
        wrong, right = identity.some(2)
        change = payloads.ago(hours=5)
        self.link(subject, wrong, **{"from": payloads.ago(hours=20)})
        moved = self.one(payloads.saturation(91, subject=subject, time=payloads.ago(hours=1)))
        self.link(subject, wrong, status=200, to=change)
        right_patient = self.link(subject, right, release=True, **{"from": change})["patient"]["id"]
        placed = wait_until(lambda: self.observations(right_patient), what="placing on the right patient")
        self.assertEqual([one["valueQuantity"]["value"] for one in placed], [91])
        self.assertEqual(self.observation(moved["observation"])["status"], "entered-in-error")


if __name__ == "__main__":
    unittest.main()
