"""Invariant 6: late, superseded and old readings, and clocks that are ahead."""
import datetime
import unittest

import identity
import payloads
from harness import GatewayTest
from streams import Stream


class Times(GatewayTest):
    def setUp(self):
        self.number = identity.fresh()
        first = self.one(payloads.saturation(95, self.number, time=payloads.ago(days=30)))
        self.patient = self.patient_of(first["observation"])
        self.enrol(self.patient, "copd")

    def push(self, value, time):
        return self.one(payloads.saturation(value, self.number, time=time))

    def raised(self, value, time):
        return self.alarm(self.push(value, time)["alarms"][0])

    def shown(self, alarm, *members):
        return tuple(alarm[member] for member in members)

    def test_a_reading_just_in_time_is_not_late(self):
        alarm = self.raised(80, payloads.ago(minutes=59))
        self.assertEqual(self.shown(alarm, "late", "superseded", "announce"), (False, False, True))

    def test_a_late_breach_is_marked_and_announced(self):
        alarm = self.raised(80, payloads.ago(minutes=61))
        self.assertEqual(self.shown(alarm, "late", "superseded", "announce"), (True, False, True))

    def test_a_superseded_breach_opens_an_alarm_marked_so(self):
        self.push(96, payloads.ago(minutes=10))
        alarm = self.raised(80, payloads.ago(minutes=20))
        self.assertEqual(self.shown(alarm, "superseded", "state"), (True, "raised"))

    def test_a_superseded_normal_reading_clears_nothing_and_redates_nothing(self):
        alarm = self.raised(80, payloads.ago(minutes=10))
        self.assertNotIn("alarms", self.push(97, payloads.ago(minutes=20)))
        self.assertEqual(self.alarm(alarm["id"]), alarm)

    def test_a_superseded_breach_does_not_redate_an_open_alarm(self):
        alarm = self.raised(80, payloads.ago(minutes=10))
        self.push(79, payloads.ago(minutes=20))
        after = self.alarm(alarm["id"])
        self.assertEqual(after["measured"], alarm["measured"])
        self.assertEqual(after["occurrence_count"], 2)
        self.assertEqual([one["value"] for one in after["occurrences"]], [80, 79])  # newest measured first

    def test_an_old_breach_is_stored_and_shown_and_calls_nobody(self):
        result = self.push(80, payloads.ago(hours=25))
        alarm = self.alarm(result["alarms"][0])
        self.assertEqual(self.shown(alarm, "announce", "late", "state"), (False, True, "raised"))
        self.assertIn(alarm["id"], [one["id"] for one in self.alarms()])
        self.assertEqual(self.observation(result["observation"])["valueQuantity"]["value"], 80)
        fresh = self.push(80, payloads.ago(minutes=1))
        self.assertEqual(fresh["alarms"], [alarm["id"]])
        self.assertTrue(self.alarm(alarm["id"])["announce"])  # the first that may call does

    def test_just_inside_the_horizon_calls(self):
        self.assertTrue(self.raised(80, payloads.ago(hours=23, minutes=59))["announce"])

    def test_a_backlog_gives_one_summary_per_patient(self):
        other = identity.fresh()
        other_patient = self.patient_of(self.one(payloads.saturation(95, other, time=payloads.ago(days=30)))["observation"])
        self.enrol(other_patient, "copd")
        backlog = [payloads.saturation(80, self.number, time=payloads.ago(days=2, minutes=minute)) for minute in range(5)]
        backlog.append(payloads.saturation(80, other, time=payloads.ago(days=2)))
        with Stream(self.gateway) as stream:
            self.accept(payloads.readings(*backlog))
            sentinel = self.accept(payloads.events(payloads.event("fall", identity.fresh())))["results"][0]["alarms"][0]
            stream.of(sentinel)
        events = stream.received[:-1]
        called = [one.alarm for one in events if one.alarm["announce"]]
        self.assertEqual([(one["patient"], one["origin"]) for one in called], [(self.patient, "technical")])
        self.assertIn("5", called[0]["reason"]["text"])
        mine = [one for one in self.alarms(f"state=open&patient={self.patient}")]
        self.assertEqual(sorted(one["origin"] for one in mine), ["limit", "technical"])
        theirs = [one for one in self.alarms(f"state=open&patient={other_patient}")]
        self.assertEqual([one["origin"] for one in theirs], ["limit"])  # one breach needs no summary

    def test_a_patient_nobody_enrolled_has_readings_and_no_alarms(self):
        number = identity.fresh()
        result = self.one(payloads.saturation(70, number))
        self.assertEqual(result["outcome"], "accepted")
        self.assertNotIn("alarms", result)
        patient = self.patient_of(result["observation"])
        limits = {"limits": [{"kind": "oxygen-saturation", "alert_low": 85}]}
        self.assertEqual(self.gateway.as_("centre").put(f"/patients/{patient}/limits", limits).status, 201)
        self.assertEqual(self.alarms(f"state=all&patient={patient}"), [])  # a change never judges what was judged before
        self.assertEqual(len(self.one(payloads.saturation(70, number))["alarms"]), 1)

    def test_a_future_time_within_the_tolerance_goes_through(self):
        self.assertEqual(self.push(95, payloads.ahead(minutes=4))["outcome"], "accepted")

    def test_a_future_time_beyond_the_tolerance_is_held_and_somebody_is_told(self):
        result = self.push(95, payloads.ahead(minutes=6))
        self.assertEqual((result["outcome"], result["reason"]), ("quarantined", "future-time"))
        alarm = self.alarm(result["alarms"][0])
        self.assertEqual(self.shown(alarm, "origin", "patient", "severity"), ("technical", self.patient, "moderate"))

    def test_a_press_from_the_future_calls_at_the_time_it_arrived(self):
        result = self.accept(payloads.events(payloads.event("safety-alarm", self.number, time=payloads.ahead(days=400))))["results"][0]
        alarm = self.alarm(result["alarms"][0])
        self.assertTrue(alarm["announce"])
        self.assertLess(alarm["measured"], payloads.ahead(minutes=1).replace("+00:00", "Z"))

    def test_a_press_of_last_week_still_calls(self):
        result = self.accept(payloads.events(payloads.event("safety-alarm", self.number, time=payloads.ago(days=7))))["results"][0]
        self.assertEqual(self.shown(self.alarm(result["alarms"][0]), "announce", "late"), (True, True))

    def test_the_same_instant_in_another_offset_is_the_same_time(self):
        far_east = payloads.now().astimezone(datetime.timezone(datetime.timedelta(hours=5)))
        result = self.push(91, payloads.stamp(far_east))  # not in the future
        self.assertEqual(result["outcome"], "accepted")
        self.assertTrue(self.observation(result["observation"])["effectiveDateTime"].endswith("+05:00"))


if __name__ == "__main__":
    unittest.main()
