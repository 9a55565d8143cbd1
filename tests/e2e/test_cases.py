"""One row for each patient, and a flood, from outside."""
import unittest

import identity
import payloads
from harness import GatewayTest, standard_config, wait_until

BY = {"id": "n-1", "name": "Kari"}


class Cases(GatewayTest):
    @classmethod
    def configuration(cls):
        config = standard_config()
        config["service"] = [{"tenant": "bodo", "flood": {"starts_above": 5, "ends_below": 2, "within": "10m"}}]
        return config

    def breaching(self):
        """A patient with three limits, all breached; their alarms."""
        number = identity.fresh()
        patient = self.patient_of(self.one(payloads.saturation(96, number))["observation"])
        limits = [{"kind": "oxygen-saturation", "alert_low": 85}, {"kind": "body-weight", "warning_high": 120},
                  {"kind": "blood-pressure", "component": "systolic", "alert_high": 180}]
        self.assertIn(self.gateway.as_("clinic").put(f"/patients/{patient}/limits", {"limits": limits}).status, (200, 201))
        items = (payloads.weight(130, number), payloads.saturation(80, number), payloads.pressure(200, 90, number))
        return patient, [self.one(item)["alarms"][0] for item in items]

    def case(self, patient):
        answer = self.gateway.as_("centre").get(f"/cases/{patient}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def test_three_alarms_are_one_case_handled_together_and_a_flood_is_told(self):
        patient, alarms = self.breaching()
        case = self.case(patient)
        self.assertEqual((case["code"]["code"], case["severity"], case["state"], case["first"]), ("5.1", "severe", "raised", alarms[0]))
        self.assertEqual({one["id"] for one in case["alarms"]}, set(alarms))
        self.assertIn(" · ", case["summary"])
        seen = [{"id": one["id"], "version": one["version"]} for one in case["alarms"]]
        taken = self.gateway.as_("centre").post(f"/cases/{patient}/actions", {"action": "take", "by": BY, "alarms": seen})
        self.assertEqual(taken.status, 200, taken)
        self.assertEqual({self.alarm(one)["state"] for one in alarms}, {"in-progress"})
        self.assertEqual(self.gateway.as_("centre").post(f"/cases/{patient}/actions", {"action": "take", "by": BY, "alarms": seen}).status, 412)

        self.breaching()
        flood = wait_until(lambda: self.gateway.as_("centre").get("/cases").json()["flood"], what="the flood")
        self.assertIn("Varselflom", flood["text"])
        wait_until(lambda: self.gateway.metric('hjemport_alarm_flood{tenant="bodo"}') == 1, what="the gauge")
        fallen = self.accept(payloads.events(payloads.event("fall", identity.fresh())))["results"][0]["alarms"][0]
        self.assertEqual([mark["code"] for mark in self.alarm(fallen)["marks"]], ["flood"])
        cases = self.gateway.as_("centre").get("/cases").json()["cases"]
        self.assertEqual((cases[0]["class"], cases[0]["alarms"][0]["id"]), ("safety", fallen))
        self.gateway.kill()
        self.gateway.start()
        self.assertEqual(self.gateway.as_("centre").get("/cases").json()["flood"], flood)


if __name__ == "__main__":
    unittest.main()
