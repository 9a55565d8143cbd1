"""Invariant 12: identity numbers, names and tokens stay out of logs, metrics, error bodies and URLs, wherever they are sent to us."""
import gzip
import json
import re
import unittest
import urllib.parse

import identity
import payloads
from harness import FORM, Gateway, secret, standard_config, wait_until
from sink import Sink, destination

# Words no log line, metric or error may repeat; each is planted in one place.
NAME = "Planted-Ola-Nordmann"
TOKEN = "planted-token-that-belongs-to-nobody"


def forms(number):
    """The ways a number may have been rewritten on its way."""
    return {number, f"{number[:6]} {number[6:]}", f"{number[:6]}%20{number[6:]}", f"{number[:6]}-{number[6:]}"}


class Privacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sink = Sink()
        cls.addClassCleanup(cls.sink.stop)
        # A receiver that quotes what it refuses.
        cls.sink.refuse = lambda resource: "subject" in resource and resource.get("valueQuantity", {}).get("value") == 44
        config = {**standard_config(), "destinations": [destination(cls.sink)], "log": {"level": "debug"}}
        cls.gateway = Gateway(config)
        cls.addClassCleanup(cls.gateway.clean_up)
        cls.gateway.start()
        cls.numbers = identity.some(12)
        cls.errors, cls.urls = [], []
        cls.run_everything()
        cls.metrics = cls.gateway.as_(None).get("/metrics").text()
        cls.gateway.stop()
        cls.log = cls.gateway.log() + cls.gateway.output()

    @classmethod
    def keep(cls, answer):
        if answer.status >= 400:
            cls.errors.append(answer.text())
        for name, value in answer.headers.items():
            if name.lower() in ("location", "content-location", "link"):
                cls.urls.append(value)
        if answer.status == 200 and b'"relation"' in answer.body:
            cls.urls += [one["url"] for one in answer.json()["link"]]
        return answer

    @classmethod
    def run_everything(cls):
        n = cls.numbers
        gateway = cls.gateway
        push = gateway.as_("sensors")

        def ingest(body, **more):
            return cls.keep(push.post("/ingest/sensors", body, **more))

        # In every member of a reading and of an event, right or wrong.
        for place, (change) in enumerate((
            {}, {"id": n[1]}, {"subject": n[2]}, {"subject": NAME}, {"device": {"id": n[3], "model": NAME}}, {"kind": n[4]}, {"kind": NAME},
            {"unit": n[5]}, {"unit": NAME}, {"value": int(n[6])}, {"value": n[6]}, {"value": NAME}, {"time": n[7]}, {"time": NAME},
            {"note": f"{NAME} {n[8]}"}, {"patient": {"system": n[9], "value": NAME}}, {"patient": {"system": "urn:x", "value": n[9]}},
            {"patient": payloads.person(identity.wrong_check_digit(n[0]))}, {"comparator": n[0]}, {n[0]: NAME}, {"version": n[1]},
            {"components": [{"kind": n[0]}]}, {"patient": payloads.person(f"{n[0][:6]} {n[0][6:]}")}, {"time": payloads.ahead(days=2)},
        )):
            ingest(payloads.readings({**payloads.saturation(44 if place < 2 else 93, n[0]), **change}))
            ingest(payloads.events({**payloads.event("fall", n[0]), **{key: value for key, value in change.items() if key != "value"},
                                    "text": NAME, "location": n[10], "contact": NAME}))
        for body in (n[0].encode(), f'{{"{n[0]}"'.encode(), json.dumps({"measurements": n[0], NAME: n[1]}).encode(), NAME.encode(),
                     f'{{"measurements":[],"{n[1]}":1,"{n[1]}":2}}'.encode()):
            ingest(body)
            ingest(gzip.compress(body), headers={"Content-Encoding": "gzip"})
        ingest({"measurements": []}, content_type=f"text/{n[0]}")
        for source, payload in (("opentele", payloads.opentele(n[0], (f"1.{n[1]}", "String", NAME), ("1.WEIGHT", "Float", n[2]))),
                                ("telli", payloads.telli(n[0], n[1], {NAME: n[2]})),
                                ("withings", payloads.withings(n[0], payloads.withings_group(n[1], (70, 1, 0))))):
            cls.keep(gateway.as_(source).post(f"/ingest/{source}", payload))

        # In paths, queries, headers and tokens.
        for who in (None, "hospital", "centre", "operator", "clinic", "sensors"):
            client = gateway.as_(who)
            for path in (f"/{n[0]}", f"/ingest/{n[0]}", f"/fhir/Observation/{n[0]}", f"/fhir/Patient/{n[0]}", f"/fhir/{n[0]}",
                         f"/fhir/Observation?patient={n[0]}", f"/fhir/Patient?identifier={identity.FNR_SYSTEM}%7C{n[0]}",
                         f"/fhir/Observation?{n[0]}={NAME}", f"/fhir/Observation?code={NAME}&date={n[0]}", f"/alarms/{n[0]}",
                         f"/alarms?patient={n[0]}", f"/alarms?{n[0]}=1", f"/patients/{n[0]}/limits", f"/admin/quarantine/{n[0]}",
                         f"/admin/quarantine?subject={n[2]}", f"/links?after={n[0]}", f"/{n[0][:6]}%20{n[0][6:]}?q={n[0]}",
                         f"/fhir/Observation?_cursor={n[0]}", f"/admin/deadletters/{n[0]}", f"/admin/deadletters?destination={n[0]}"):
                cls.keep(client.get(path))
            cls.keep(client.post(f"/alarms/{n[0]}/actions", {"action": n[1], "by": {"id": n[2], "name": NAME}}))
            cls.keep(client.post("/links", {"source": n[0], "subject": n[1], "patient": payloads.person(n[2])}))
        for path in ("/alarms", "/ingest/sensors"):
            cls.keep(gateway.as_(None).post(path, {}, headers={"Authorization": f"Bearer {TOKEN}"}))
        cls.keep(gateway.as_(None).get("/alarms", headers={"Authorization": f"Basic {n[0]}", "User-Agent": NAME, "X-Request-Id": n[0],
                                                            "Referer": f"http://x/{n[0]}", "Cookie": f"session={TOKEN}"}))
        cls.keep(gateway.as_(None).get("/alarms/stream", headers={"Last-Event-ID": n[0], "Authorization": f"Bearer {secret('centre')}"}))

        # People's work.
        hospital, operator = gateway.as_("hospital"), gateway.as_("operator")
        cls.keep(hospital.search("Observation", **{"patient.identifier": f"{identity.FNR_SYSTEM}|{n[0]}", "_count": 1}))
        cls.keep(hospital.search("Patient", identifier=f"{identity.FNR_SYSTEM}|{n[0]}"))
        cls.keep(hospital.post(f"/fhir/Patient/_search?identifier={n[0]}", "", content_type=FORM))
        cls.keep(operator.post("/links", {"source": "sensors", "subject": n[11], "patient": payloads.person(n[11]), "release": True}))
        cls.keep(operator.post("/links", {"source": "sensors", "subject": n[11], "patient": payloads.person(n[10])}))
        alarm = gateway.as_("centre").get("/alarms?state=open").json()["alarms"][0]["id"]
        act = {"action": "note", "note": f"{NAME} {n[0]}", "by": {"id": n[1], "name": NAME}}
        for headers in ({}, {"If-Match": n[0]}, {"If-Match": '"1"', "Idempotency-Key": n[0]}):
            cls.keep(gateway.as_("centre").post(f"/alarms/{alarm}/actions", act, headers=headers))
        # Deliveries that fail, with a receiver whose words are kept.
        letters = wait_until(lambda: operator.get("/admin/deadletters").json()["items"], what="a dead letter")
        cls.keep(operator.get(f"/admin/deadletters/{letters[0]['id']}"))
        cls.sink.mode = "500"
        gateway.accept(payloads.readings(payloads.saturation(95, n[0])))
        wait_until(lambda: cls.sink.attempts[500] > 0, what="a failed delivery")

    def none_of(self, words, text, what):
        for word in words:
            place = text.find(word)
            self.assertEqual(place, -1, f"{what} has {word}: …{text[max(0, place - 150):place + 80]}…")

    def planted(self):
        return [form for number in self.numbers for form in forms(number)]

    def tokens(self):
        names = ["sensors", "sensors-two", "centre", "hospital", "operator", "clinic", "opentele", "telli", "withings"]
        return [TOKEN] + [secret(name) for name in names]

    def test_the_run_met_errors_of_every_kind(self):
        self.assertGreater(len(self.errors), 80)
        self.assertGreater(len(self.urls), 2)

    def test_logs_have_no_number_name_token_or_payload(self):
        self.assertIn("gateway_started", self.log)
        self.none_of(self.planted() + self.tokens() + [NAME], self.log, "the log")
        self.none_of(["oxygen-saturation", "Planted", "measurements"], self.log, "the log")

    def test_every_log_line_is_an_object_with_an_event(self):
        for line in self.gateway.log().splitlines():
            if line.startswith("{"):
                self.assertIn("event", json.loads(line), line)
        self.assertGreater(self.gateway.log().count('"event"'), 1)

    def test_metrics_have_none(self):
        self.none_of(self.planted() + self.tokens() + [NAME], self.metrics, "/metrics")
        # And nothing that only looks like one: labels come from the configuration.
        self.assertEqual([line for line in self.metrics.splitlines() if re.search(r'="[^"]*\d{11}', line)], [])

    def test_error_bodies_have_no_number_and_no_token(self):
        for body in self.errors:
            self.none_of(self.planted() + self.tokens(), body, "an error body")
            self.assertIsNone(re.search(r"sqlite|SELECT |\.cpp|/data/hjemport", body), body)

    def test_links_have_no_number(self):
        for url in self.urls:
            self.none_of(self.planted(), urllib.parse.unquote(url), "a link")

    def test_what_a_receiver_said_is_kept_without_the_number(self):
        self.assertTrue(self.sink.seen)
        self.assertTrue(all(self.numbers[0] not in identifier for _, identifier, _ in self.sink.seen))


if __name__ == "__main__":
    unittest.main()
