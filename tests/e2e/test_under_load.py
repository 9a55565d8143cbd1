"""Full queues, and the numbers an operator watches."""
import re
import threading
import unittest

import identity
import payloads
from harness import OUTCOMES, GatewayTest, checked_counts, running, standard_config


class FullQueues(unittest.TestCase):
    def test_a_full_queue_is_503_and_never_holds_up_an_event(self):
        config = {**standard_config(), "queues": {"bulk_rows": 100, "urgent_rows": 20000, "group_rows": 100}}
        with running(config) as gateway:
            numbers = identity.some(16)
            statuses, faults = [], []
            pushing = threading.Event()
            pushing.set()

            def flood(number):
                client = gateway.client("sensors")
                try:
                    for turn in range(6):
                        items = [payloads.weight(50 + n % 50, number, time=payloads.ago(seconds=3000 - 60 * turn - n % 60))
                                 for n in range(90)]
                        while True:  # as a vendor does: the whole payload again until it is taken
                            answer = client.post("/ingest/sensors", payloads.readings(*items))
                            statuses.append(answer.status)
                            if answer.status == 200:
                                checked_counts(answer.json())
                                break
                            if answer.status != 503 or "Retry-After" not in answer.headers:
                                raise AssertionError(answer)
                except Exception as fault:
                    faults.append(fault)
                client.close()

            threads = [threading.Thread(target=flood, args=(number,)) for number in numbers]
            for thread in threads:
                thread.start()
            presses = 0
            while any(thread.is_alive() for thread in threads):
                gateway.accept(payloads.events(payloads.event("fall", numbers[presses % 16])))
                presses += 1
                self.assertEqual(gateway.as_(None).get("/metrics").status, 200)  # scraped while groups are committed
            for thread in threads:
                thread.join()
            self.assertEqual(faults, [])
            self.assertIn(503, statuses, "the queue never was full, so this proves nothing")
            found = gateway.as_("hospital").get("/fhir/Observation?_count=0").json()
            self.assertEqual(found["total"], 16 * 6 * 90)
            self.assertGreater(presses, 0)


class Metrics(GatewayTest):
    def test_outcomes_are_counted_by_source_and_reason_and_add_up(self):
        number = identity.fresh()
        item = payloads.saturation(95, number)
        self.accept(payloads.readings(item, item, {**item, "id": payloads.unique("r"), "unit": "furlong"}))
        self.accept(payloads.readings({**item, "value": 96}))
        self.accept(payloads.opentele(1, ("1.DECISION", "Boolean", True)), "opentele")
        self.assertEqual(self.gateway.ingest(b"nonsense").status, 400)
        page = self.gateway.as_(None).get("/metrics")
        self.assertTrue(page.headers["Content-Type"].startswith("text/plain"))
        counted = {}
        for line in page.text().splitlines():
            found = re.match(r'hjemport_items_total\{(.*)\} (\S+)$', line)
            if found:
                labels = dict(re.findall(r'(\w+)="([^"]*)"', found.group(1)))
                key = labels["source"], labels.get("outcome")
                counted[key] = counted.get(key, 0) + float(found.group(2))
        self.assertEqual([counted.get(("sensors", outcome), 0) for outcome in OUTCOMES], [1, 1, 1, 1, 0], counted)
        self.assertEqual(counted["opentele", "ignored"], 1)
        received = self.gateway.metric('hjemport_items_received_total{source="sensors",tenant="bodo"}')
        self.assertEqual(received, 4)

    def test_what_an_operator_watches_is_there(self):
        self.accept(payloads.events(payloads.event("fall", identity.fresh())))
        text = self.gateway.as_(None).get("/metrics").text()
        for word in ("queue", "commit_seconds", "group", "alarms_open", "reading_to_stream_seconds", "clock"):
            self.assertTrue(re.search(rf"(?m)^hjemport_\S*{word}", text), word)

    def test_health_and_the_description(self):
        self.assertEqual(self.gateway.as_(None).get("/readyz").json()["ready"], True)
        described = self.gateway.as_(None).get("/openapi.json").json()
        self.assertTrue(described["openapi"].startswith("3."))
        self.assertLessEqual({"/ingest/{source}", "/alarms", "/alarms/stream", "/links", "/fhir/Observation"}, set(described["paths"]))

    def test_a_vendors_probe_is_answered(self):
        for method in ("GET", "HEAD"):
            self.assertEqual(self.gateway.as_("sensors").request(method, "/ingest/sensors").status, 204, method)


if __name__ == "__main__":
    unittest.main()
