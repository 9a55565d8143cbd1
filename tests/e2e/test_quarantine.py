"""Bad input: what cannot be placed or trusted is kept, told with its reason, and does not hold up what stands beside it."""
import gzip
import json
import socket
import unittest

import identity
import payloads
from harness import GatewayTest, running, secret, standard_config, wait_until


class Items(GatewayTest):
    def setUp(self):
        self.number = identity.fresh()
        self.patient = self.patient_of(self.one(payloads.saturation(95, self.number))["observation"])
        self.enrol(self.patient, "copd")

    def test_thousands_of_unreadable_items_in_a_large_payload_do_not_stop_the_gateway(self):
        # Each is told apart by the payload; hashing that again for every item took minutes, in which no alarm was shown.
        items = [{"kind": "oxygen-saturation", "value": "x" * 1500} for _ in range(5000)]
        answer = self.accept(payloads.readings(*items))
        self.assertEqual(answer["quarantined"], 5000)
        self.assertEqual(len({one["quarantine"] for one in answer["results"]}), 5000)

    def test_each_fault_has_its_reason_and_the_rest_goes_through(self):
        good = payloads.saturation(96, self.number)

        def bad(**change):
            return {**payloads.saturation(96, self.number), **change}

        answer = self.accept(payloads.readings(
            bad(kind="mood"), bad(unit="furlong"), bad(value=7), bad(value=101), bad(time=payloads.ahead(days=1)),
            bad(value="NaN"), bad(time="yesterday"), good, payloads.pressure(80, 120, self.number),
            bad(patient=None, subject="nobody-knows")))
        reasons = [one.get("reason") for one in answer["results"]]
        self.assertEqual(reasons, ["unknown-kind", "unknown-unit", "implausible", "implausible", "future-time", "undecodable",
                                   "undecodable", None, "implausible", "unknown-subject"])
        self.assertEqual([one["outcome"] for one in answer["results"]], ["quarantined"] * 7 + ["accepted"] + ["quarantined"] * 2)
        self.assertEqual(len({one["quarantine"] for one in answer["results"] if "quarantine" in one}), 9)

    def test_the_first_reason_in_the_order_of_precedence_is_told(self):
        base = {**payloads.saturation(96, self.number), "kind": "mood", "unit": "furlong", "time": payloads.ahead(days=1)}
        wrong = payloads.person(identity.wrong_check_digit(self.number))
        for change, reason in (({"patient": wrong}, "unknown-kind"),
                               ({"kind": "oxygen-saturation", "patient": wrong}, "unknown-unit"),
                               ({"kind": "oxygen-saturation", "unit": "%", "value": 7, "patient": wrong}, "implausible"),
                               ({"kind": "oxygen-saturation", "unit": "%", "patient": wrong}, "future-time"),
                               ({"kind": "oxygen-saturation", "unit": "%", "patient": wrong, "time": payloads.ago(minutes=1)},
                                "invalid-identifier")):
            with self.subTest(reason):
                self.assertEqual(self.one({**base, "id": payloads.unique("r"), **change})["reason"], reason)

    def test_a_held_red_reading_of_a_known_patient_calls(self):
        result = self.one(payloads.saturation(80, self.number, time=payloads.ahead(hours=2)))
        self.assertEqual(result["outcome"], "quarantined")
        alarm = self.alarm(result["alarms"][0])
        self.assertEqual((alarm["origin"], alarm["patient"], alarm["severity"], alarm["announce"], alarm["reason"]["value"]),
                         ("technical", self.patient, "severe", True, 80))
        again = self.one(payloads.saturation(96, self.number, time=payloads.ahead(hours=2)))
        self.assertEqual(again["alarms"], [alarm["id"]])
        self.assertEqual(self.alarm(alarm["id"])["severity"], "severe")

    def test_a_held_reading_of_nobody_known_raises_nothing(self):
        result = self.one(payloads.saturation(80, subject=payloads.unique("user")))
        self.assertNotIn("alarms", result)

    def test_listing_showing_retrying_and_discarding(self):
        operator = self.gateway.as_("operator")
        subject = payloads.unique("user")
        first = self.one(payloads.saturation(91, subject=subject, time=payloads.ago(hours=1)))["quarantine"]
        second = self.one(payloads.saturation(92, subject=subject, time=payloads.ago(hours=1)))["quarantine"]

        listed = operator.get(f"/admin/quarantine?source=sensors&subject={subject}").json()
        self.assertEqual({one["id"]: one["reason"] for one in listed["items"]}, {first: "unknown-subject", second: "unknown-subject"})
        shown = operator.get(f"/admin/quarantine/{first}").json()
        self.assertEqual((shown["state"], shown["kind"], shown["source"]), ("waiting", "oxygen-saturation", "sensors"))
        self.assertEqual(shown["payload"]["measurements"][0]["value"], 91)

        self.assertIn(operator.post(f"/admin/quarantine/{first}/retry", {}).status, (200, 202))
        self.assertEqual(operator.get(f"/admin/quarantine/{first}").json()["state"], "waiting")  # nothing has changed yet
        link = operator.post("/links", {"source": "sensors", "subject": subject, "patient": payloads.person(self.number),
                                        "from": payloads.ago(days=1)})
        self.assertEqual(link.status, 201)
        self.assertIn(operator.post(f"/admin/quarantine/{first}/retry", {}).status, (200, 202))
        wait_until(lambda: operator.get(f"/admin/quarantine/{first}").json()["state"] == "released", what="retry")

        self.assertEqual(operator.post(f"/admin/quarantine/{second}/discard", {}).status, 400)  # a reason is needed
        self.assertEqual(operator.post(f"/admin/quarantine/{second}/discard", {"reason": "test device"}).status, 204)
        self.assertEqual(operator.post(f"/admin/quarantine/{second}/discard", {"reason": "again"}).status, 409)
        gone = operator.get(f"/admin/quarantine/{second}").json()
        self.assertEqual((gone["state"], gone["decided_by"]), ("discarded", "operator"))
        self.assertEqual(operator.get(f"/admin/quarantine?subject={subject}").json()["items"], [])

    def test_a_good_resend_ends_the_waiting(self):
        item = payloads.saturation(96, self.number, unit="furlong")
        held = self.one(item)
        self.assertEqual(self.one({**item, "unit": "%"})["outcome"], "accepted")
        self.assertEqual(self.gateway.as_("operator").get(f"/admin/quarantine/{held['quarantine']}").json()["state"], "released")


class Payloads(GatewayTest):
    """Whole payloads that cannot be read."""

    def push(self, body, source="sensors", **more):
        return self.gateway.as_(source).post(f"/ingest/{source}", body, **more)

    def kept(self):
        return self.gateway.as_("operator").get("/admin/quarantine?reason=undecodable&limit=1000").json()["items"]

    def test_undecodable_is_400_and_kept_once_per_digest(self):
        deep = "[" * 5000 + "]" * 5000
        for name, body in (("no JSON", b"hello"), ("cut off", b'{"measurements":[{"id":"r'), ("invalid UTF-8", b'{"measurements":"\xff"}'),
                           ("duplicate keys", b'{"measurements":[],"measurements":[]}'), ("deep", deep.encode()),
                           ("NaN", b'{"measurements":[{"value":NaN}]}'), ("not this format", b"[]"), ("empty", b"")):
            with self.subTest(name):
                before = len(self.kept())
                first, again = self.push(body), self.push(body)
                self.assertEqual((first.status, again.status), (400, 400), first)
                self.assertEqual(first.json()["resourceType"], "OperationOutcome")
                self.assertEqual(len(self.kept()), before + 1)

    def test_kept_bytes_can_be_looked_at(self):
        self.assertEqual(self.push(b'{"measurements": "telephone"}').status, 400)
        newest = self.kept()[-1]
        shown = self.gateway.as_("operator").get(f"/admin/quarantine/{newest['id']}").json()
        self.assertEqual((shown["reason"], shown["payload"]), ("undecodable", {"measurements": "telephone"}))

    def test_huge_numbers_are_an_item_fault(self):
        body = '{"measurements":[{"id":"huge","subject":"u","time":"2026-11-20T08:00:00Z","kind":"body-weight","unit":"kg","value":1e999}]}'
        answer = self.push(body.encode())
        self.assertIn(answer.status, (200, 400))
        if answer.status == 200:
            self.assertEqual(answer.json()["results"][0]["reason"], "undecodable")

    def test_the_wrong_media_type_is_415(self):
        for content_type in ("text/plain", "application/xml", "", None):
            with self.subTest(content_type=content_type):
                headers = {"Content-Type": ""} if content_type == "" else None
                self.assertEqual(self.push(b"{}", content_type=content_type, headers=headers).status, 415)

    def test_the_media_type_may_carry_parameters(self):
        for content_type in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
            with self.subTest(content_type=content_type):
                self.assertEqual(self.push({"measurements": []}, content_type=content_type).status, 200)

    def test_too_large_is_413_before_it_is_read(self):
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=10) as connection:
            connection.sendall(
                f"POST /ingest/sensors HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret('sensors')}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {17 * 1024 * 1024}\r\n\r\n".encode())
            self.assertIn(b" 413 ", connection.recv(4096).split(b"\r\n")[0])

    def test_a_body_cut_off_is_no_reading(self):
        number = identity.fresh()
        body = json.dumps(payloads.readings(payloads.saturation(93, number))).encode()
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=10) as connection:
            connection.sendall(
                f"POST /ingest/sensors HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret('sensors')}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body) + 10}\r\n\r\n".encode() + body)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
        self.assertNotIn(b" 200 ", answer)
        found = self.gateway.as_("hospital").search("Patient", identifier=f"{identity.FNR_SYSTEM}|{number}")
        self.assertEqual(self.found(found), [])

    def test_gzip_is_read_and_a_bomb_is_413(self):
        number = identity.fresh()
        body = gzip.compress(json.dumps(payloads.readings(payloads.saturation(93, number))).encode())
        answer = self.push(body, headers={"Content-Encoding": "gzip"})
        self.assertEqual((answer.status, answer.json()["accepted"]), (200, 1))
        bomb = gzip.compress(b" " * (80 * 1024 * 1024))
        self.assertEqual(self.push(bomb, headers={"Content-Encoding": "gzip"}).status, 413)
        self.assertEqual(self.push(b"no gzip", headers={"Content-Encoding": "gzip"}).status, 400)

    def test_a_long_payload_is_answered_item_by_item(self):
        number = identity.fresh()
        items = [payloads.saturation(70 + index % 30, number, time=payloads.ago(seconds=3000 - index)) for index in range(1234)]
        items[777]["unit"] = "furlong"
        answer = self.accept(payloads.readings(*items))
        self.assertEqual((answer["received"], answer["accepted"], answer["quarantined"]), (1234, 1233, 1))
        self.assertEqual(answer["results"][777]["reason"], "unknown-unit")
        self.assertEqual(self.accept(payloads.readings(*items))["duplicate"], 1233)

    def test_an_empty_payload_is_decodable(self):
        answer = self.accept({"measurements": []})
        self.assertEqual(answer["received"], 0)


class FullQuarantine(unittest.TestCase):
    def test_a_full_quarantine_is_503_and_evicts_nothing(self):
        config = standard_config()
        config["sources"][0]["quarantine_items"] = 3
        with running(config) as gateway:
            held = [gateway.accept(payloads.readings(payloads.saturation(95, subject=f"u{n}")))["results"][0]["quarantine"]
                    for n in range(3)]
            refused = gateway.ingest(payloads.readings(payloads.saturation(95, subject="u4")))
            self.assertEqual(refused.status, 503, refused)
            self.assertIn("Retry-After", refused.headers)
            self.assertEqual(gateway.ingest(b"not json").status, 503)
            # What can be placed, other sources and safety events are not concerned.
            number = identity.fresh()
            self.assertEqual(gateway.accept(payloads.readings(payloads.saturation(95, number)))["accepted"], 1)
            self.assertEqual(gateway.accept(payloads.readings(payloads.saturation(95, subject="u4")), "sensors-two")["quarantined"], 1)
            press = gateway.accept(payloads.events(payloads.event("safety-alarm", device={"id": "nobody's"})))["results"][0]
            self.assertEqual(len(press["alarms"]), 1)
            listed = gateway.as_("operator").get("/admin/quarantine?source=sensors").json()["items"]
            self.assertEqual(sorted(one["id"] for one in listed), sorted(held))
            self.assertEqual(gateway.as_("operator").post(f"/admin/quarantine/{held[0]}/discard", {"reason": "room"}).status, 204)
            self.assertEqual(gateway.accept(payloads.readings(payloads.saturation(95, subject="u4")))["quarantined"], 1)

    def test_kept_bytes_are_bounded_too(self):
        config = standard_config()
        config["sources"][0]["quarantine_bytes"] = 1_048_576
        with running(config) as gateway:
            statuses = []
            for n in range(12):
                body = payloads.readings(payloads.saturation(95, subject=f"big{n}", note="x" * 200_000))
                statuses.append(gateway.ingest(body).status)
            self.assertIn(503, statuses)
            kept = statuses.index(503)
            self.assertEqual(statuses, [200] * kept + [503] * (12 - kept))
            self.assertLessEqual(kept, 6)
            waiting = gateway.as_("operator").get("/admin/quarantine").json()["items"]
            for one in waiting[:2]:
                self.assertEqual(gateway.as_("operator").post(f"/admin/quarantine/{one['id']}/discard", {"reason": "room"}).status, 204)
            again = gateway.ingest(payloads.readings(payloads.saturation(95, subject="big-again", note="x" * 200_000)))
            self.assertEqual(again.status, 200, again)
            gateway.stop()
            gateway.start()  # what is kept is counted again
            statuses = [gateway.ingest(payloads.readings(payloads.saturation(95, subject=f"more{n}", note="x" * 200_000))).status for n in range(5)]
            self.assertEqual(statuses[0], 200)
            self.assertEqual(statuses[-1], 503)


if __name__ == "__main__":
    unittest.main()
