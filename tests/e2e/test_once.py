"""Invariant 3: one reading is one observation, whoever repeats it and in whatever order its versions arrive."""
import threading
import unittest

import identity
import payloads
from harness import GatewayTest, checked_counts


class Once(GatewayTest):
    def versions(self, reference):
        return int(self.observation(reference)["meta"]["versionId"])

    def test_the_same_item_twice_is_one_observation(self):
        item = payloads.saturation(93, identity.fresh())
        first = self.one(item)
        self.assertEqual(first["outcome"], "accepted")
        again = self.one(item)
        self.assertEqual((again["outcome"], again["observation"]), ("duplicate", first["observation"]))
        self.assertEqual(self.versions(first["observation"]), 1)

    def test_twice_in_one_payload(self):
        item = payloads.saturation(93, identity.fresh())
        answer = self.accept(payloads.readings(item, item))
        self.assertEqual([one["outcome"] for one in answer["results"]], ["accepted", "duplicate"])
        self.assertEqual(len({one["observation"] for one in answer["results"]}), 1)

    def test_formatting_is_not_content(self):
        number = identity.fresh()
        item = payloads.weight("74.5", number, time="2023-11-01T08:00:00+01:00")
        first = self.one(item)
        for change in ({"value": 74.5}, {"value": "74.50"}, {"time": "2023-11-01T07:00:00Z"}, {"value": 74500, "unit": "g"},
                       {"note": "a note"}):
            with self.subTest(change=change):
                again = self.one({**item, **change})
                self.assertEqual((again["outcome"], again["observation"]), ("duplicate", first["observation"]))

    def test_without_a_record_id_the_instant_and_value_are_the_key(self):
        item = payloads.saturation(93, identity.fresh())
        del item["id"]
        first = self.one(item)
        self.assertEqual(self.one(item)["outcome"], "duplicate")
        other = self.one({**item, "value": 92})
        self.assertEqual(other["outcome"], "accepted")
        self.assertNotEqual(other["observation"], first["observation"])

    def test_from_sixteen_connections_at_once(self):
        number = identity.fresh()
        items = [payloads.saturation(80 + value, number) for value in range(5)]
        barrier = threading.Barrier(16)
        answers, faults = [], []

        def push():
            try:
                client = self.gateway.client("sensors")
                barrier.wait()
                for item in items:
                    answer = client.post("/ingest/sensors", payloads.readings(item))
                    answers.append((item["id"], checked_counts(answer.json())["results"][0]))
                client.close()
            except Exception as fault:  # shown by the assertion below
                faults.append(fault)

        threads = [threading.Thread(target=push) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        for item in items:
            mine = [result for name, result in answers if name == item["id"]]
            self.assertEqual(sorted(one["outcome"] for one in mine), ["accepted"] + ["duplicate"] * 15)
            self.assertEqual(len({one["observation"] for one in mine}), 1)
        patient = self.patient_of(answers[0][1]["observation"])
        found = self.found(self.gateway.as_("hospital").get(f"/fhir/Observation?patient={patient}"))
        self.assertEqual(len(found), len(items))

    def test_a_late_retry_of_a_corrected_reading_changes_nothing(self):
        item = payloads.saturation(39, identity.fresh())
        first = self.one(item)
        amended = self.one({**item, "value": 93})
        self.assertEqual((amended["outcome"], amended["observation"]), ("amended", first["observation"]))
        retry = self.one(item)
        self.assertEqual((retry["outcome"], retry["observation"]), ("duplicate", first["observation"]))
        resource = self.observation(first["observation"])
        self.assertEqual((resource["valueQuantity"]["value"], resource["status"], resource["meta"]["versionId"]), (93, "amended", "2"))
        earlier = self.observation(first["observation"] + "/_history/1")
        self.assertEqual((earlier["valueQuantity"]["value"], earlier["status"]), (39, "final"))

    def test_an_older_vendor_version_is_a_duplicate(self):
        item = payloads.saturation(90, identity.fresh(), version="2")
        first = self.one(item)
        self.assertEqual(self.one({**item, "version": "1", "value": 50})["outcome"], "duplicate")
        self.assertEqual(self.one({**item, "version": "10", "value": 91})["outcome"], "amended")
        self.assertEqual(self.one({**item, "version": "9", "value": 92})["outcome"], "duplicate")
        self.assertEqual(self.observation(first["observation"])["valueQuantity"]["value"], 91)

    def test_a_new_vendor_version_of_the_same_content_is_a_duplicate(self):
        item = payloads.saturation(90, identity.fresh(), version="1")
        first = self.one(item)
        self.assertEqual(self.one({**item, "version": "2"})["outcome"], "duplicate")
        self.assertEqual(self.versions(first["observation"]), 1)

    def test_the_same_key_on_another_patient_is_held(self):
        subject = payloads.unique("subject")
        item = payloads.saturation(93, identity.fresh(), subject=subject)
        first = self.one(item)
        moved = self.one({**item, "patient": payloads.person(identity.fresh())})
        self.assertEqual((moved["outcome"], moved["reason"]), ("quarantined", "subject-changed"))
        self.assertNotIn("observation", moved)
        self.assertEqual(self.patient_of(first["observation"]), self.patient_of(first["observation"]))
        self.assertEqual(self.versions(first["observation"]), 1)
        self.assertEqual(self.one({**item, "patient": payloads.person(identity.fresh())})["quarantine"], moved["quarantine"])

    def test_two_sources_may_use_the_same_record_id(self):
        number = identity.fresh()
        item = payloads.saturation(93, number)
        first = self.one(item, "sensors")
        second = self.one(item, "sensors-two")
        self.assertEqual(second["outcome"], "accepted")
        self.assertNotEqual(first["observation"], second["observation"])

    def test_a_correction_is_judged_again(self):
        number = identity.fresh()
        patient = self.patient_of(self.one(payloads.saturation(95, number))["observation"])
        self.enrol(patient, "copd")
        item = payloads.saturation(95, number, time=payloads.ago(seconds=20))
        self.assertNotIn("alarms", self.one(item))
        amended = self.one({**item, "value": 79})
        self.assertEqual(amended["outcome"], "amended")
        self.assertEqual(self.alarm(amended["alarms"][0])["reason"]["value"], 79)

    def test_an_event_is_once(self):
        press = payloads.event("fall", identity.fresh())
        first = self.accept(payloads.events(press))["results"][0]
        self.assertEqual(first["outcome"], "accepted")
        again = self.accept(payloads.events(press))["results"][0]
        self.assertEqual(again["outcome"], "duplicate")
        self.assertEqual(self.alarm(first["alarms"][0])["occurrence_count"], 1)


if __name__ == "__main__":
    unittest.main()
