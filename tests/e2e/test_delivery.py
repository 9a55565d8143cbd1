"""What a record system is owed, and what happens when it does not take it (invariant 7)."""
import collections
import unittest

import fhir_shape
import identity
import payloads
from harness import GatewayTest, Gateway, standard_config, wait_until
from sink import Sink, destination


class Delivery(GatewayTest):
    @classmethod
    def configuration(cls):
        cls.sink = Sink()
        cls.addClassCleanup(cls.sink.stop)
        return {**standard_config(), "destinations": [destination(cls.sink, attempts=4)]}

    def setUp(self):
        self.sink.mode = "ok"
        self.number = identity.fresh()

    def values(self, number=None):
        """The values the record system acknowledged for a patient, in its order."""
        return [one["valueQuantity"]["value"] for one in self.sink.of_type("Observation")
                if one["subject"]["identifier"]["value"] == (number or self.number) and "valueQuantity" in one]

    def arrives(self, *values, seconds=15):
        wait_until(lambda: set(values) <= set(self.values()), seconds, f"delivery of {values}")

    def test_what_is_sent_is_valid_and_carries_no_reference_of_ours(self):
        self.one(payloads.pressure(130, 80, self.number, device={"id": "SN-1"}))
        self.accept(payloads.events(payloads.event("fall", self.number)))

        def mine():
            with self.sink.lock:
                return [one for _, _, one in self.sink.taken if self.number in str(one)]

        for resource in wait_until(lambda: len(mine()) == 2 and mine(), what="both"):
            wrong = [one for one in fhir_shape.problems(resource) if not one.endswith((".id: missing", ".meta: missing"))]
            self.assertEqual(wrong, [])
            self.assertNotIn("'reference': 'Patient/", str(resource))
            self.assertNotIn("versionId", str(resource.get("meta")))
        self.assertEqual(self.sink.faults, [])

    def test_a_correction_updates_the_same_resource(self):
        item = payloads.saturation(93, self.number)
        self.one(item)
        self.arrives(93)
        self.one({**item, "value": 94})
        self.arrives(94)
        mine = [one for one in self.sink.current("Observation") if one["subject"]["identifier"]["value"] == self.number]
        self.assertEqual([(one["valueQuantity"]["value"], one["status"]) for one in mine], [(94, "amended")])

    def test_server_errors_and_throttling_are_tried_again(self):
        for mode in ("500", "429", "503"):
            with self.subTest(mode):
                self.sink.mode = mode
                number = self.number = identity.fresh()
                self.one(payloads.saturation(91, number))
                wait_until(lambda: any(number in str(one) for _, _, one in self.sink.seen), what="a first attempt")
                self.assertEqual(self.values(), [])
                self.sink.mode = "ok"
                self.arrives(91)
                self.assertEqual(self.values(), [91])

    def test_a_receiver_that_hangs_is_given_up_and_tried_again(self):
        self.sink.mode = "hang"
        self.one(payloads.saturation(91, self.number))
        wait_until(lambda: any(self.number in str(one) for _, _, one in self.sink.seen), what="a first attempt")
        self.sink.mode = "ok"
        self.arrives(91, seconds=20)

    def test_a_refused_item_is_parked_and_what_is_behind_it_goes_on(self):
        operator = self.gateway.as_("operator")
        self.sink.refuse = lambda resource: resource.get("valueQuantity", {}).get("value") == 66
        try:
            self.accept(payloads.readings(*[payloads.saturation(value, self.number) for value in (65, 66, 67)]))
            self.arrives(65, 67)
            letter = wait_until(lambda: operator.get("/admin/deadletters?destination=record").json()["items"], what="a dead letter")[0]
            shown = operator.get(f"/admin/deadletters/{letter['id']}").json()
            self.assertEqual(shown["state"], "parked")
            self.assertIn("422", shown["reason"])
            self.assertIn("this receiver does not take it", shown["reason"])
            self.assertEqual(self.values(), [65, 67])
        finally:
            self.sink.refuse = lambda resource: False
        self.assertEqual(operator.post(f"/admin/deadletters/{letter['id']}/retry", {}).status, 202)
        self.arrives(66)
        wait_until(lambda: operator.get("/admin/deadletters").json()["items"] == [], what="an empty queue")

    def test_a_dead_letter_can_be_discarded(self):
        operator = self.gateway.as_("operator")
        self.sink.refuse = lambda resource: resource.get("valueQuantity", {}).get("value") == 55
        try:
            self.one(payloads.saturation(55, self.number))
            letter = wait_until(lambda: operator.get("/admin/deadletters").json()["items"], what="a dead letter")[0]
        finally:
            self.sink.refuse = lambda resource: False
        self.assertEqual(operator.post(f"/admin/deadletters/{letter['id']}/discard", {}).status, 400)
        self.assertEqual(operator.post(f"/admin/deadletters/{letter['id']}/discard", {"reason": "not wanted there"}).status, 204)
        self.assertEqual(operator.get("/admin/deadletters").json()["items"], [])
        self.one(payloads.saturation(56, self.number))
        self.arrives(56)
        self.assertEqual(self.values(), [56])


class Outage(unittest.TestCase):
    """The record system is away for a while, and the gateway is restarted in between."""

    def test_nothing_is_lost_the_order_stands_and_the_backlog_drains(self):
        sink = Sink()
        gateway = Gateway({**standard_config(), "destinations": [destination(sink)]})
        try:
            gateway.start()
            numbers = identity.some(8)
            expected = collections.defaultdict(list)

            def push(turn):
                items = []
                for number in numbers:
                    value = 60 + turn
                    items.append(payloads.saturation(value, number, time=payloads.ago(minutes=50 - turn)))
                    expected[number].append(value)
                answer = gateway.accept(payloads.readings(*items))
                self.assertEqual(answer["accepted"], len(items))

            for turn in range(3):
                push(turn)
            sink.stop()
            for turn in range(3, 12):
                push(turn)
            self.assertEqual(gateway.stop(), 0)
            gateway.start()
            for turn in range(12, 20):
                push(turn)
            gateway.kill()
            gateway.start()
            for turn in range(20, 30):
                push(turn)
            sink.start()

            def arrived():
                got = collections.defaultdict(list)
                for one in sink.of_type("Observation"):
                    value, number = one["valueQuantity"]["value"], one["subject"]["identifier"]["value"]
                    if value not in got[number]:  # at least once; a repeat is harmless
                        got[number].append(value)
                return got if all(len(got[number]) == 30 for number in numbers) else None

            got = wait_until(arrived, 30, "the whole backlog")
            for number in numbers:
                self.assertEqual(got[number], expected[number])
            self.assertEqual(len(sink.identifiers("Observation")), 30 * len(numbers))
            self.assertEqual(gateway.as_("operator").get("/admin/deadletters").json()["items"], [])
            wait_until(lambda: gateway.as_("operator").get("/admin/destinations").json()["destinations"][0]["lag_entries"] == 0,
                       what="no lag")
            self.assertEqual(sink.faults, [])
        finally:
            gateway.clean_up()
            sink.stop()


if __name__ == "__main__":
    unittest.main()
