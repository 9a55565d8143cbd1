"""SIGTERM under load: what was accepted is answered and kept, the program ends with 0 within ten seconds, and starts clean again."""
import json
import random
import socket
import threading
import time
import unittest

import audit
import identity
import payloads
from harness import Gateway, secret
from load import Load, Worker
from streams import Stream


class Stop(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway()
        self.addCleanup(self.gateway.clean_up)
        self.gateway.start()

    def stopped(self, at_most=10):
        before = time.monotonic()
        self.assertEqual(self.gateway.stop(20), 0, self.gateway.log()[-2000:])
        self.assertLess(time.monotonic() - before, at_most)

    def clients(self):
        return {name: self.gateway.as_(name) for name in ("sensors", "centre", "hospital", "clinic", "operator")}

    def test_under_load_nothing_acknowledged_is_lost(self):
        workers = [Worker(f"w{n}", random.Random(n)) for n in range(6)]
        for worker in workers:
            worker.enrol(self.clients())
        load = Load(workers, self.gateway)
        time.sleep(0.7)
        self.stopped()
        load.join()
        self.gateway.start()
        for worker in workers:
            if worker.fault:
                raise worker.fault
            audit.acknowledged(worker, self.clients(), settled=False)
            worker.settle(self.clients())
            audit.acknowledged(worker, self.clients(), settled=True)
        self.assertGreater(sum(worker.acknowledged for worker in workers), 50)

    def test_open_streams_and_idle_connections_do_not_hold_it_up(self):
        streams = [Stream(self.gateway) for _ in range(3)]
        idle = [socket.create_connection(("127.0.0.1", self.gateway.port)) for _ in range(10)]
        try:
            self.stopped(at_most=5)
            for stream in streams:
                self.assertIsNone(stream.next(5))  # ended by the gateway
        finally:
            for one in streams + idle:
                one.close()

    def test_a_request_whose_body_never_comes_does_not_hold_it_up(self):
        slow = socket.create_connection(("127.0.0.1", self.gateway.port))
        slow.sendall(f"POST /ingest/sensors HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret('sensors')}\r\n"
                     "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".encode())
        try:
            self.gateway.as_(None).get("/healthz")
            self.stopped()
        finally:
            slow.close()

    def test_a_large_request_in_flight_is_answered_or_not_at_all(self):
        number = identity.fresh()
        items = [payloads.weight(50 + n % 50, number, time=payloads.ago(seconds=3500 - n)) for n in range(3000)]
        answers = []

        def push():
            client = self.gateway.client("sensors")
            try:
                answers.append(client.post("/ingest/sensors", payloads.readings(*items)))
            except OSError:
                answers.append(None)

        thread = threading.Thread(target=push)
        thread.start()
        time.sleep(0.05)
        self.stopped()
        thread.join()
        self.gateway.start()
        again = self.gateway.accept(payloads.readings(*items))
        self.assertEqual(again["accepted"] + again["duplicate"], len(items))
        if answers[0] is not None and answers[0].status == 200:
            self.assertEqual(answers[0].json()["accepted"], len(items))
            self.assertEqual(again["duplicate"], len(items))

    def test_a_clean_restart_says_nothing_and_keeps_everything(self):
        number = identity.fresh()
        item = payloads.saturation(80, number)
        first = self.gateway.accept(payloads.readings(item))["results"][0]
        press = self.gateway.accept(payloads.events(payloads.event("fall", number)))["results"][0]["alarms"][0]
        before = {path: self.gateway.as_(who).get(path).json() for who, path in (
            ("hospital", f"/fhir/{first['observation']}"), ("centre", f"/alarms/{press}"))}
        position = self.gateway.as_("centre").get("/alarms").json()["position"]
        for _ in range(3):
            self.stopped()
            self.gateway.start()
        for who, path in (("hospital", f"/fhir/{first['observation']}"), ("centre", f"/alarms/{press}")):
            self.assertEqual(self.gateway.as_(who).get(path).json(), before[path])
        again = self.gateway.accept(payloads.readings(item))["results"][0]
        self.assertEqual((again["outcome"], again["observation"]), ("duplicate", first["observation"]))
        with Stream(self.gateway, last_event_id=position) as stream:
            later = self.gateway.accept(payloads.events(payloads.event("fall", identity.fresh())))["results"][0]["alarms"][0]
            self.assertEqual(stream.next().alarm["id"], later)  # nothing was repeated for the restart
        for line in self.gateway.log().splitlines():
            self.assertNotIn(json.loads(line)["level"], ("error", "critical"), line)

    def test_a_second_gateway_on_the_same_store_is_refused(self):
        other = Gateway(self.gateway.config, folder=self.gateway.folder)
        with self.assertRaises(AssertionError):
            other.start()
        self.assertNotEqual(other.process.returncode, 0)
        self.assertEqual(self.gateway.accept(payloads.readings(payloads.saturation(95, identity.fresh())))["accepted"], 1)


if __name__ == "__main__":
    unittest.main()
