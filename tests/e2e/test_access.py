"""Who may call what (design 8.2), and that tenants do not touch (invariant 11)."""
import json
import unittest

import identity
import payloads
from harness import GatewayTest, running, source, standard_config, wait_until
from sink import Sink, destination
from streams import Stream

EVERYBODY = ["sensors", "centre", "clinic", "hospital", "operator"]
NOBODY = None


class Ingest(GatewayTest):
    @classmethod
    def configuration(cls):
        config = standard_config()
        # One vendor account with two formats: one secret, two sources.
        config["sources"].append(source("shared-native"))
        config["sources"].append({**source("shared-telli", adapter="telli"), "auth": {"bearer": "env:TOKEN_SHARED_NATIVE"}})
        return config

    def push(self, name, token):
        client = self.gateway.client(token=token)
        answer = client.post(f"/ingest/{name}", {"measurements": []})
        client.close()
        return answer

    def told(self, answer):
        return answer.status, answer.body, answer.headers.get("WWW-Authenticate"), answer.headers["Content-Type"]

    def test_a_token_of_no_source_is_401_with_one_body_whatever_exists(self):
        answers = {name: self.told(self.push(name, token="a-token-that-nobody-has-123"))
                   for name in ("sensors", "telli", "sensors-oslo", "no-such-source", "x" * 200)}
        self.assertEqual({told[0] for told in answers.values()}, {401})
        self.assertEqual(len(set(answers.values())), 1, answers)
        self.assertEqual(json.loads(answers["sensors"][1])["resourceType"], "OperationOutcome")
        none = {name: self.told(self.push(name, token=None)) for name in ("sensors", "no-such-source")}
        self.assertEqual(set(none.values()), set(answers.values()))

    def test_a_known_token_learns_nothing_of_other_tenants(self):
        own = self.gateway.as_("sensors")
        missing = own.post("/ingest/no-such-source", {"measurements": []})
        foreign = own.post("/ingest/sensors-oslo", {"measurements": []})
        self.assertEqual((missing.status, foreign.status), (404, 404))
        self.assertEqual(missing.body, foreign.body)

    def test_a_sibling_with_another_secret_is_403_and_one_secret_serves_two_sources(self):
        self.assertEqual(self.gateway.as_("sensors").post("/ingest/sensors-two", {"measurements": []}).status, 403)
        shared = self.gateway.as_("shared-native")
        self.assertEqual(shared.post("/ingest/shared-native", {"measurements": []}).status, 200)
        self.assertEqual(shared.post("/ingest/shared-telli", payloads.telli("1", "SpO2", {"spo2": 97})).status, 200)
        self.assertEqual(shared.post("/ingest/sensors", {"measurements": []}).status, 403)

    def test_a_client_cannot_ingest(self):
        for name in ("centre", "operator", "hospital", "clinic"):
            self.assertEqual(self.gateway.as_(name).post("/ingest/sensors", {"measurements": []}).status, 401, name)

    def test_odd_credentials_are_401(self):
        good = "secret-of-sensors-0123456789"
        for value in ("Basic " + good, good, "Bearer", "Bearer  ", f"Bearer {good} x", f"Bearer {good}0", f"Bearer {good[:-1]}"):
            with self.subTest(value=value):
                answer = self.gateway.as_(NOBODY).post("/ingest/sensors", {"measurements": []}, headers={"Authorization": value})
                self.assertEqual(answer.status, 401)


class Roles(GatewayTest):
    def setUp(self):
        result = self.one(payloads.saturation(95, identity.fresh(), device={"id": payloads.unique("SN")}))
        self.reference = result["observation"]
        self.patient = self.patient_of(result["observation"])

    def calls(self):
        """method, path, body, who may."""
        fhir = {"hospital", "clinic"}
        plan = {"clinic", "centre"}
        return [
            ("GET", "/alarms", None, {"centre"}),
            ("GET", "/alarms/123", None, {"centre"}),
            ("POST", "/alarms/123/actions", {"action": "take", "by": {"id": "a"}}, {"centre"}),
            ("GET", f"/patients/{self.patient}/limits", None, plan),
            ("PUT", f"/patients/{self.patient}/limits", {"limits": []}, plan),
            ("GET", f"/patients/{self.patient}/programmes", None, plan),
            ("PUT", f"/patients/{self.patient}/programmes", {"programmes": []}, plan),
            ("GET", f"/fhir/{self.reference}", None, fhir),
            ("GET", f"/fhir/Patient/{self.patient}", None, fhir),
            ("GET", f"/fhir/Observation?patient={self.patient}", None, fhir),
            ("GET", "/fhir/Device", None, fhir),
            ("GET", "/links", None, {"operator"}),
            ("POST", "/links", {}, {"operator"}),
            ("GET", "/admin/quarantine", None, {"operator"}),
            ("GET", "/admin/quarantine/123", None, {"operator"}),
            ("POST", "/admin/quarantine/123/retry", {}, {"operator"}),
            ("POST", "/admin/quarantine/123/discard", {"reason": "x"}, {"operator"}),
            ("GET", "/admin/deadletters", None, {"operator"}),
            ("GET", "/admin/deadletters/123", None, {"operator"}),
            ("POST", "/admin/deadletters/123/retry", {}, {"operator"}),
            ("GET", "/admin/destinations", None, {"operator"}),
        ]

    def test_every_route_serves_its_roles_only(self):
        for method, path, body, may in self.calls():
            for name in EVERYBODY:
                with self.subTest(f"{method} {path} by {name}"):
                    answer = self.gateway.as_(name).request(method, path, body)
                    self.assertEqual(answer.status == 403, name not in may, answer)
                    self.assertNotEqual(answer.status, 401)
            with self.subTest(f"{method} {path} by nobody"):
                answer = self.gateway.as_(NOBODY).request(method, path, body)
                self.assertEqual(answer.status, 401, answer)

    def test_search_by_post_asks_the_same(self):
        for name in EVERYBODY:
            answer = self.gateway.as_(name).search("Observation", patient=self.patient)
            self.assertEqual(answer.status == 200, name in ("hospital", "clinic"), (name, answer))

    def test_the_kind_of_error_follows_the_path(self):
        for path, content_type in (("/fhir/Observation", "application/fhir+json"), ("/alarms", "application/problem+json"),
                                   ("/links", "application/problem+json"), ("/admin/quarantine", "application/problem+json")):
            answer = self.gateway.as_(NOBODY).get(path)
            self.assertEqual((answer.status, answer.headers["Content-Type"].split(";")[0]), (401, content_type), path)

    def test_unknown_paths_and_methods(self):
        for name in (NOBODY, "centre"):
            self.assertEqual(self.gateway.as_(name).get("/no/such/path").status, 404)
        answer = self.gateway.as_("centre").request("DELETE", "/alarms")
        self.assertEqual(answer.status, 405)
        self.assertIn("GET", answer.headers["Allow"])
        self.assertEqual(self.gateway.as_("hospital").get("/fhir/Medication/1").status, 404)

    def test_machines_need_no_token(self):
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/fhir/metadata"):
            self.assertEqual(self.gateway.as_(NOBODY).get(path).status, 200, path)

    def test_the_metrics_token_closes_the_metrics(self):
        config = standard_config()
        config["metrics"] = {"bearer": "env:TOKEN_METRICS"}
        with running(config) as gateway:
            self.assertEqual(gateway.as_(NOBODY).get("/metrics").status, 401)
            self.assertEqual(gateway.as_("centre").get("/metrics").status, 401)
            self.assertEqual(gateway.as_("metrics").get("/metrics").status, 200)


class Tenants(GatewayTest):
    """Everything of Oslo, asked for by Bodø: exactly what a missing thing is answered."""

    @classmethod
    def configuration(cls):
        cls.sink = Sink()
        cls.sink.refuse = lambda resource: resource.get("valueQuantity", {}).get("value") == 71
        cls.addClassCleanup(cls.sink.stop)
        return {**standard_config(), "destinations": [destination(cls.sink, "record-oslo", "oslo")]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.number = identity.fresh()
        gateway = cls.gateway
        oslo = {"observation": "", "device": "", "patient": ""}
        result = gateway.accept(payloads.readings(payloads.saturation(71, cls.number, device={"id": "SN-oslo"})), "sensors-oslo")
        observation = gateway.as_("hospital-oslo").get("/fhir/" + result["results"][0]["observation"]).json()
        oslo["observation"] = observation["id"]
        oslo["patient"] = observation["subject"]["reference"].removeprefix("Patient/")
        oslo["device"] = observation["device"]["reference"].removeprefix("Device/")
        oslo["identifier"] = observation["identifier"][0]
        press = gateway.accept(payloads.events(payloads.event("fall", cls.number)), "sensors-oslo")
        oslo["alarm"] = press["results"][0]["alarms"][0]
        held = gateway.accept(payloads.readings(payloads.saturation(95, subject="nobody")), "sensors-oslo")
        oslo["quarantine"] = held["results"][0]["quarantine"]
        letters = wait_until(lambda: gateway.as_("operator-oslo").get("/admin/deadletters").json()["items"], what="a dead letter")
        oslo["deadletter"] = letters[0]["id"]
        link = gateway.as_("operator-oslo").post(
            "/links", {"source": "sensors-oslo", "subject": "user-oslo", "patient": payloads.person(cls.number)})
        oslo["link"] = link.json()["id"]
        cls.oslo = oslo

    def missing(self, known):
        """An id of the same form that was never given out."""
        return known[:-3] + ("000" if known[-3:] != "000" else "111")

    def probes(self):
        take = {"action": "take", "by": {"id": "n1"}}
        return [
            ("hospital", "GET", "/fhir/Observation/{}", None, "observation", {}),
            ("hospital", "GET", "/fhir/Observation/{}/_history/1", None, "observation", {}),
            ("hospital", "GET", "/fhir/Patient/{}", None, "patient", {}),
            ("hospital", "GET", "/fhir/Device/{}", None, "device", {}),
            ("centre", "GET", "/alarms/{}", None, "alarm", {}),
            ("centre", "POST", "/alarms/{}/actions", take, "alarm", {"If-Match": '"1"'}),
            ("centre", "POST", "/alarms/{}/actions", take, "alarm", {}),
            ("centre", "POST", "/alarms/{}/actions", {"action": "reopen", "by": {"id": "n1"}}, "alarm", {"If-Match": '"1"'}),
            ("clinic", "GET", "/patients/{}/limits", None, "patient", {}),
            ("clinic", "PUT", "/patients/{}/limits", {"limits": []}, "patient", {}),
            ("clinic", "PUT", "/patients/{}/limits", {"limits": []}, "patient", {"If-Match": '"9"'}),
            ("clinic", "GET", "/patients/{}/programmes", None, "patient", {}),
            ("clinic", "PUT", "/patients/{}/programmes", {"programmes": ["copd"]}, "patient", {}),
            ("operator", "GET", "/admin/quarantine/{}", None, "quarantine", {}),
            ("operator", "POST", "/admin/quarantine/{}/retry", {}, "quarantine", {}),
            ("operator", "POST", "/admin/quarantine/{}/discard", {"reason": "x"}, "quarantine", {}),
            ("operator", "GET", "/admin/deadletters/{}", None, "deadletter", {}),
            ("operator", "POST", "/admin/deadletters/{}/retry", {}, "deadletter", {}),
            ("operator", "POST", "/admin/deadletters/{}/discard", {"reason": "x"}, "deadletter", {}),
        ]

    def test_a_foreign_id_is_answered_as_a_missing_one(self):
        for who, method, path, body, kind, headers in self.probes():
            foreign, missing = self.oslo[kind], self.missing(self.oslo[kind])
            with self.subTest(f"{method} {path} {headers}"):
                theirs = self.gateway.as_(who).request(method, path.format(foreign), body, headers=headers)
                none = self.gateway.as_(who).request(method, path.format(missing), body, headers=headers)
                self.assertEqual((theirs.status, theirs.body), (none.status, none.body))
                self.assertIn(theirs.status, (404, 428))
                own = self.gateway.as_(who + "-oslo").request("GET", path.split("/actions")[0].format(foreign))
                if method == "GET":
                    self.assertEqual(own.status, 200, own)  # it is there for its own

    def test_searches_meet_only_ones_own(self):
        own = identity.FNR_SYSTEM
        identifier = self.oslo["identifier"]
        self.one(payloads.saturation(95, identity.fresh()))
        for query in (f"_id={self.oslo['observation']}", f"patient={self.oslo['patient']}",
                      f"identifier={identifier['system']}%7C{identifier['value']}"):
            self.assertEqual(self.found(self.gateway.as_("hospital").get(f"/fhir/Observation?{query}")), [], query)
            self.assertEqual(len(self.found(self.gateway.as_("hospital-oslo").get(f"/fhir/Observation?{query}"))), 1, query)
        for resource_type, parameters in (("Patient", {"identifier": f"{own}|{self.number}"}),
                                          ("Observation", {"patient.identifier": f"{own}|{self.number}"})):
            self.assertEqual(self.found(self.gateway.as_("hospital").search(resource_type, **parameters)), [])
            self.assertEqual(len(self.found(self.gateway.as_("hospital-oslo").search(resource_type, **parameters))), 1)
        for resource_type, key in (("Patient", "patient"), ("Device", "device"), ("Observation", "observation")):
            everything = self.found(self.gateway.as_("hospital").get(f"/fhir/{resource_type}?_count=1000"))
            self.assertTrue(everything or resource_type == "Device")
            self.assertNotIn(self.oslo[key], [one["id"] for one in everything])
            counted = self.gateway.as_("hospital").get(f"/fhir/{resource_type}?_id={self.oslo[key]}&_total=accurate").json()
            self.assertEqual(counted.get("total", 0), 0)

    def test_lists_hold_only_ones_own(self):
        self.assertNotIn(self.oslo["alarm"], [one["id"] for one in self.alarms("state=all")])
        self.assertIn(self.oslo["alarm"], [one["id"] for one in self.alarms("state=all", "centre-oslo")])
        self.assertEqual(self.alarms(f"state=all&patient={self.oslo['patient']}"), [])
        operator = self.gateway.as_("operator")
        self.assertNotIn(self.oslo["quarantine"], [one["id"] for one in operator.get("/admin/quarantine?state=all").json()["items"]])
        self.assertEqual(operator.get("/admin/deadletters").json()["items"], [])
        self.assertEqual(operator.get("/admin/destinations").json()["destinations"], [])
        self.assertNotIn(self.oslo["link"], [one["id"] for one in operator.get("/links").json()["links"]])
        for path in ("/admin/quarantine?source={}", "/admin/deadletters?destination={}"):
            foreign = "sensors-oslo" if "source" in path else "record-oslo"
            theirs, none = operator.get(path.format(foreign)), operator.get(path.format("no-such-one"))
            self.assertEqual((theirs.status, theirs.body), (none.status, none.body))
            self.assertEqual(theirs.status, 404)

    def test_links_of_foreign_sources_are_links_of_missing_ones(self):
        body = {"subject": "s", "patient": payloads.person(identity.fresh())}
        theirs = self.gateway.as_("operator").post("/links", {**body, "source": "sensors-oslo"})
        none = self.gateway.as_("operator").post("/links", {**body, "source": "no-such-source"})
        self.assertEqual((theirs.status, theirs.body), (none.status, none.body))
        self.assertEqual(theirs.status, 404)

    def test_one_person_in_two_tenants_is_two_patients(self):
        item = payloads.saturation(95, identity.fresh())
        result = self.one(item)
        theirs = self.accept(payloads.readings(item), "sensors-oslo")["results"][0]
        self.assertEqual(theirs["outcome"], "accepted")
        resources = self.observation(result["observation"]), self.observation(theirs["observation"], "hospital-oslo")
        self.assertNotEqual(*(one["subject"]["reference"] for one in resources))
        self.assertNotEqual(*(one["identifier"][0]["value"] for one in resources))

    def test_a_stream_carries_only_ones_own(self):
        with Stream(self.gateway) as bodo, Stream(self.gateway, "centre-oslo") as oslo:
            theirs = self.accept(payloads.events(payloads.event("fall", identity.fresh())), "sensors-oslo")["results"][0]["alarms"][0]
            mine = self.accept(payloads.events(payloads.event("fall", identity.fresh())))["results"][0]["alarms"][0]
            self.assertEqual(bodo.next().alarm["id"], mine)
            self.assertEqual(oslo.next().alarm["id"], theirs)
            self.assertIsNone(oslo.silent_for(0.2))

    def test_a_search_cursor_is_worth_nothing_to_another_tenant(self):
        for _ in range(3):
            self.accept(payloads.readings(payloads.saturation(95, identity.fresh())), "sensors-oslo")
        bundle = self.gateway.as_("hospital-oslo").get("/fhir/Observation?_count=1").json()
        next_page = next(one["url"] for one in bundle["link"] if one["relation"] == "next")
        path = next_page[next_page.index("/fhir/"):]
        self.assertEqual(self.gateway.as_("hospital-oslo").get(path).status, 200)
        self.assertEqual(self.gateway.as_("hospital").get(path).status, 400)

    def test_an_idempotency_key_of_another_tenant_is_another_key(self):
        key = {"Idempotency-Key": "the-same-key", "If-Match": '"1"'}
        note = {"action": "note", "note": "her", "by": {"id": "n1"}}
        theirs = self.gateway.as_("centre-oslo").post(f"/alarms/{self.oslo['alarm']}/actions", note, headers=key)
        self.assertEqual(theirs.status, 200, theirs)
        mine = self.accept(payloads.events(payloads.event("fall", identity.fresh())))["results"][0]["alarms"][0]
        answer = self.gateway.as_("centre").post(f"/alarms/{mine}/actions", note, headers=key)
        self.assertEqual(answer.json()["id"], mine)


if __name__ == "__main__":
    unittest.main()
