"""A full disk: readings are refused and never falsely accepted, safety events and people's actions still go through, reading works, and
when there is room again it recovers by itself (invariant 4)."""
import pathlib
import tempfile
import unittest

import identity
import payloads
import small_disk
from harness import Gateway, wait_until


class FullDisk(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="hjemport-disk-"))
        (folder / "data").mkdir()
        why = small_disk.unavailable(folder / "data")
        if why:
            self.skipTest("no small disk can be made here: " + why)
        self.disk = small_disk.SmallDisk(folder / "data")
        self.addCleanup(self.disk.close)
        self.gateway = Gateway(folder=folder)
        self.gateway.own_folder = True
        self.addCleanup(self.gateway.clean_up)
        self.start()
        self.acknowledged = {}  # reference -> (item, value)
        self.number = identity.fresh()
        self.patient = None

    def start(self):
        self.gateway.start(command_prefix=self.disk.command_prefix)

    def push(self, note=""):
        """One reading; true when it was accepted. Anything but 200, 503 and 507 is a fault."""
        item = payloads.saturation(95, self.number, note=note)
        answer = self.gateway.ingest(payloads.readings(item))
        self.assertIn(answer.status, (200, 503, 507), answer)
        if answer.status != 200:
            self.assertNotIn("accepted", answer.text())
            if answer.status == 503:
                self.assertIn("Retry-After", answer.headers)
            return False
        self.acknowledged[answer.json()["results"][0]["observation"]] = item
        return True

    def until_refused(self):
        for _ in range(2000):
            if not self.push(note="x" * 20_000):
                return
        self.fail("readings are accepted without end on a full disk")

    def everything_acknowledged_is_there(self):
        for reference, item in self.acknowledged.items():
            resource = self.gateway.as_("hospital").get("/fhir/" + reference)
            self.assertEqual(resource.status, 200, reference)
            self.assertEqual(resource.json()["effectiveDateTime"], item["time"])

    def press(self):
        answer = self.gateway.ingest(payloads.events(payloads.event("safety-alarm", self.number)))
        self.assertEqual(answer.status, 200, answer)
        return answer.json()["results"][0]["alarms"][0]

    def act(self, alarm, action):
        version = self.gateway.as_("centre").get(f"/alarms/{alarm}").json()["version"]
        answer = self.gateway.as_("centre").post(f"/alarms/{alarm}/actions", {"action": action, "by": {"id": "n1", "name": "N"}},
                                                 headers={"If-Match": f'"{version}"'})
        self.assertEqual(answer.status, 200, answer)

    def recovered(self):
        wait_until(self.push, 30, "accepting readings again")
        wait_until(lambda: self.gateway.as_(None).get("/readyz").status == 200, 30, "being ready again")

    def test_readings_are_refused_events_admitted_reads_served_and_it_recovers(self):
        for _ in range(20):
            self.assertTrue(self.push())
        self.disk.fill()
        self.until_refused()
        self.assertEqual(self.gateway.as_(None).get("/healthz").status, 200)
        self.assertEqual(self.gateway.as_(None).get("/readyz").status, 503)
        self.everything_acknowledged_is_there()
        found = self.gateway.as_("hospital").search("Patient", identifier=f"{identity.FNR_SYSTEM}|{self.number}")
        self.assertEqual(found.status, 200)

        alarm = self.press()
        for _ in range(50):
            self.assertEqual(self.press(), alarm)
        self.act(alarm, "acknowledge")
        self.act(alarm, "take")
        self.assertFalse(self.push())  # events have the reserve for themselves
        shown = self.gateway.as_("centre").get(f"/alarms/{alarm}").json()
        self.assertEqual((shown["occurrence_count"], shown["state"]), (51, "in-progress"))

        self.disk.empty()
        self.recovered()
        self.everything_acknowledged_is_there()
        self.assertEqual(self.gateway.stop(), 0)

    def test_when_the_reserve_is_used_up_too_nothing_is_promised_and_nothing_kept_is_lost(self):
        self.push()
        self.disk.fill()
        self.until_refused()
        alarm = self.press()
        presses, refused = 1, None
        for _ in range(500):
            payload = payloads.events(*[payloads.event("safety-alarm", self.number, text="x" * 150) for _ in range(100)])
            answer = self.gateway.ingest(payload)
            self.assertIn(answer.status, (200, 503, 507), answer)
            if answer.status != 200:
                refused = payload
                break
            self.assertEqual(answer.json()["accepted"], 100)
            presses += 100
        self.assertIsNotNone(refused, "the reserve has no end")
        self.assertEqual(self.gateway.as_("centre").get(f"/alarms/{alarm}").json()["occurrence_count"], presses)
        self.everything_acknowledged_is_there()
        self.disk.empty()
        self.recovered()
        again = self.gateway.accept(refused)
        self.assertEqual(again["accepted"], 100)  # refused whole
        self.assertEqual(self.gateway.as_("centre").get(f"/alarms/{alarm}").json()["occurrence_count"], presses + 100)

    def test_killed_and_started_on_a_full_disk(self):
        for _ in range(20):
            self.assertTrue(self.push())
        self.disk.fill()
        self.until_refused()
        alarm = self.press()
        self.gateway.kill()
        self.start()
        self.everything_acknowledged_is_there()
        self.assertEqual(self.gateway.as_("centre").get(f"/alarms/{alarm}").json()["occurrence_count"], 1)
        self.assertFalse(self.push())
        self.assertEqual(self.press(), alarm)
        self.disk.empty()
        self.recovered()
        self.everything_acknowledged_is_there()


if __name__ == "__main__":
    unittest.main()
