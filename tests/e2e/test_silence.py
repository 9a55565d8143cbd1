"""Silence is a fault: a source that stops is one alarm in the response centre and ends by itself; the self-test passes all day."""
import unittest

import identity
import payloads
from harness import Gateway, standard_config, wait_until
from streams import Stream


def technical(gateway, cause):
    alarms = gateway.as_("centre").get("/alarms?state=open").json()["alarms"]
    return [alarm for alarm in alarms if alarm["reason"]["rule"] == cause]


class Silence(unittest.TestCase):
    def setUp(self):
        self.numbers = identity.numbers()

    def start(self, **changes):
        config = standard_config()
        config["supervision"] = {"grace": "1s"}
        config["sources"][0].update(changes)
        gateway = Gateway(config)
        self.addCleanup(gateway.clean_up)
        return gateway.start()

    def reading(self):
        return {"measurements": [payloads.saturation(95, next(self.numbers))]}

    def test_a_source_that_stops_is_one_alarm_and_ends_when_it_sends_again(self):
        gateway = self.start(silent_after="3s")
        stream = Stream(gateway)
        gateway.accept(self.reading())
        alarm = stream.until(lambda event: event.name == "raised").alarm
        self.assertEqual(alarm["origin"], "technical")
        self.assertEqual(alarm["reason"]["rule"], "source-silent")
        self.assertIsNone(alarm["patient"])
        self.assertTrue(alarm["announce"])
        self.assertIn("sensors", alarm["reason"]["text"])
        def sources_shown():
            return {one["id"]: one for one in gateway.as_("operator").get("/admin/sources").json()["sources"]}

        # The stream is told with the commit, the operator by the loop's next step.
        wait_until(lambda: sources_shown()["sensors"]["state"] == "silent", what="the source shown as silent")
        sources = sources_shown()
        self.assertIn("last_accepted", sources["sensors"])
        self.assertEqual(sources["telli"]["state"], "alive")
        wait_until(lambda: gateway.metric('hjemport_source_silent{source="sensors",tenant="bodo"}') == 1, what="the gauge")

        gateway.kill()
        gateway.start()
        self.assertEqual([one["id"] for one in technical(gateway, "source-silent")], [alarm["id"]])
        gateway.accept(self.reading())
        wait_until(lambda: not technical(gateway, "source-silent"), what="the end of the alarm")
        ended = gateway.as_("centre").get(f"/alarms/{alarm['id']}").json()
        self.assertEqual(ended["state"], "resolved")

    def test_the_self_test_is_seen_on_the_stream_and_nowhere_else(self):
        config = standard_config()
        config["tenants"] = [dict(config["tenants"][0], self_test={"source": "sensors", "every": "2s", "within": "1s"}),
                             config["tenants"][1]]
        gateway = Gateway(config)
        self.addCleanup(gateway.clean_up)
        gateway.start()
        stream = Stream(gateway)
        tests = stream.take(2)
        self.assertEqual([event.name for event in tests], ["self-test", "self-test"])
        self.assertEqual({event.alarm["tenant"] for event in tests}, {"bodo"})
        self.assertEqual(len({event.alarm["id"] for event in tests}), 2)
        self.assertEqual(gateway.as_("centre").get("/alarms?state=open").json()["alarms"], [])
        self.assertEqual(gateway.as_("hospital").search("Patient").json().get("entry", []), [])
        wait_until(lambda: gateway.metric('hjemport_self_test_passing{tenant="bodo"}') == 1, what="the gauge")
        self.assertLess(gateway.metric('hjemport_self_test_age_seconds{tenant="bodo"}'), 10)


if __name__ == "__main__":
    unittest.main()
