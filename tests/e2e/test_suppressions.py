"""Alarms kept quiet by decision, from outside: nothing worse is hidden, nothing is forgotten over a kill, and the end asks for a review."""
import unittest

import identity
import payloads
from harness import GatewayTest, wait_until
from test_rules import why

BY = {"id": "n-1", "name": "Kari"}


class Suppressions(GatewayTest):
    def setUp(self):
        self.number = identity.fresh()
        self.patient = self.patient_of(self.one(payloads.saturation(96, self.number))["observation"])
        limits = {"limits": [{"kind": "oxygen-saturation", "alert_low": 85, "warning_low": 90}]}
        self.assertIn(self.gateway.as_("clinic").put(f"/patients/{self.patient}/limits", limits).status, (200, 201))

    def begin(self, **body):
        answer = self.gateway.as_("centre").post(f"/patients/{self.patient}/suppressions", {"reason": "Kjent", "by": BY, **body})
        self.assertEqual(answer.status, 201, answer)
        return answer.json()["id"]

    def shown(self, suppression):
        return self.gateway.as_("centre").get(f"/suppressions/{suppression}")

    def act(self, suppression, **body):
        return self.gateway.as_("centre").post(
            f"/suppressions/{suppression}/actions", {"by": BY, **body}, headers={"If-Match": self.shown(suppression).headers["etag"]})

    def asked(self):
        """Alarms of this patient about suppressions."""
        return [one for one in self.alarms() if one["patient"] == self.patient and one["reason"]["rule"] == "suppression"]

    def test_hidden_counted_killed_told_and_reviewed(self):
        suppression = self.begin(of="limit", target="oxygen-saturation", until=payloads.ahead(seconds=6))
        hidden = self.one(payloads.saturation(88, self.number))
        self.assertNotIn("alarms", hidden)
        told = why(self.gateway, hidden["observation"])
        self.assertIn(f"suppressed by suppression {suppression}", told.stdout)
        self.gateway.kill()
        self.gateway.start()
        shown = self.shown(suppression).json()
        self.assertEqual((shown["hidden_count"], shown["hidden"][0]["observation"]), (1, hidden["observation"]))
        worse = self.one(payloads.saturation(80, self.number))
        self.assertEqual(self.alarm(worse["alarms"][0])["severity"], "severe")

        wait_until(lambda: self.shown(suppression).json()["state"] == "to-review", what="the end")
        asked = self.asked()
        self.assertEqual(len(asked), 1)
        self.assertIn("1 varsel ble holdt tilbake", asked[0]["reason"]["text"])
        self.assertEqual(self.act(suppression, action="review", note="Sett").status, 200)
        self.assertEqual(self.asked(), [])
        self.assertEqual(self.act(suppression, action="review", note="Sett").status, 409)

    def test_a_reading_in_a_planned_absence_is_an_alarm_that_says_so(self):
        suppression = self.begin(of="absence", **{"from": payloads.ago(hours=1)}, until=payloads.ahead(days=3))
        alarm = self.alarm(self.one(payloads.saturation(80, self.number))["alarms"][0])
        self.assertEqual([mark["code"] for mark in alarm["marks"]], ["planned-absence"])
        self.assertIn("Kjent", alarm["marks"][0]["text"])
        self.assertEqual(self.act(suppression, action="end").json()["state"], "over")


if __name__ == "__main__":
    unittest.main()
