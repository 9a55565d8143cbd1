"""What the demonstration shows somebody who watches it for a few minutes: a change told before a limit, a reading that does not come, an alarm
handed over, and its document at the record system."""
import unittest

from harness import wait_until
from test_demo import Demo, shell


class Story(unittest.TestCase):
    def test_a_few_minutes_of_watching(self):
        demo = Demo()
        self.addCleanup(demo.clean_up)

        def alarms():
            return demo.get("centre", "/alarms?limit=500").json()["alarms"]

        def first(what, seconds, found):
            return wait_until(lambda: next((one for one in alarms() if found(one)), None), seconds, what)

        gain = first("a rule on a change", 90, lambda one: one["reason"]["rule"].startswith("hf-weight-"))
        weight_limits = [one for one in alarms() if one["reason"]["rule"].startswith("body-weight:") and one["patient"] == gain["patient"]]
        self.assertTrue(all(one["raised"] > gain["raised"] for one in weight_limits), weight_limits)
        missing = first("a reading that does not come", 120, lambda one: one["origin"] == "missing")
        self.assertEqual(missing["code"]["code"], "5.3.2")
        handed = first("an alarm that was handed over and resolved", 240, lambda one: one["state"] == "resolved" and "hand-over-accepted" in
                       [line["action"] for line in one["events"]])
        self.assertEqual([line["who"]["client"] for line in handed["events"] if line["action"] in ("hand-over", "hand-over-accepted")], ["centre", "ward"])

        newest = wait_until(lambda: shell(demo.lines_to_try()[-1]).get("entry"), 60, "a document at the record system")[0]["resource"]
        self.assertEqual((newest["type"], newest["entry"][0]["resource"]["resourceType"]), ("document", "Composition"))


if __name__ == "__main__":
    unittest.main()
