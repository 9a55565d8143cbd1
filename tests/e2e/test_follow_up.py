"""What the record is owed when a person closes an alarm: one document each time, the same whoever asks for it."""
import json
import os
import pathlib
import re
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import identity
import payloads
from harness import GatewayTest, standard_config, wait_until
from sink import Sink, destination

NURSE = {"id": "n1", "name": "Kari <b>Nordmann</b>"}
FOLDER = pathlib.Path(os.environ["HJEMPORT_ROOT"]) / "tests/counterparts"
EVENTS = "http://ehelse.no/fhir/CodeSystem/vkp-composition-event-v090"
XHTML = "{http://www.w3.org/1999/xhtml}"


class FollowUp(GatewayTest):
    @classmethod
    def configuration(cls):
        cls.sink = Sink()
        cls.addClassCleanup(cls.sink.stop)
        config = standard_config()
        oslo = {**config["tenants"][1], "language": "en"}
        return {**config, "tenants": [config["tenants"][0], oslo],
                "destinations": [destination(cls.sink, send=("observations", "alarms", "follow-up")),
                                 destination(cls.sink, name="oslo-record", tenant="oslo", send=("follow-up",))]}

    def setUp(self):
        self.sink.mode = "ok"
        self.number = identity.fresh()
        self.patient = self.patient_of(self.one(payloads.saturation(95, self.number))["observation"])
        self.enrol(self.patient, "copd")

    def act(self, alarm, *actions, centre="centre", **more):
        for action in actions:
            version = self.gateway.as_(centre).get(f"/alarms/{alarm}").json()["version"]
            answer = self.gateway.as_(centre).post(f"/alarms/{alarm}/actions", {"action": action, "by": NURSE, **more},
                                                   headers={"If-Match": f'"{version}"'})
            self.assertEqual(answer.status, 200, answer)

    def raised(self):
        return self.one(payloads.saturation(84, self.number, device={"id": "SN-9", "model": "X"}))["alarms"][0]

    def document(self, alarm, reader="centre"):
        return self.gateway.as_(reader).get(f"/alarms/{alarm}/document")

    def sent(self, alarm, count):
        def documents():
            found = [one for one in self.sink.of_type("Bundle") if one["identifier"]["value"].startswith(alarm)]
            return len(found) >= count and found
        return wait_until(documents, what=f"{count} documents")

    def test_a_closed_alarm_is_journaled_in_the_record_and_shown_as_it_was_sent(self):
        alarm = self.raised()
        self.assertEqual(self.document(alarm).status, 409)
        self.act(alarm, "take", "dispatch", "accept-dispatch")
        self.act(alarm, "note", note="<script>alert(1)</script> & mer")
        self.act(alarm, "resolve", note="Årsak: Glemt oksygen\nTiltak: Satte det på\nRolig.")
        document, = self.sent(alarm, 1)
        self.assertEqual(self.document(alarm).json(), document)
        self.assertEqual(self.document(alarm, "clinic").json(), document)
        self.assertEqual(self.document(alarm, "hospital").status, 403)
        self.assertEqual(self.document(alarm, "centre-oslo").status, 404)
        self.assertEqual(self.sink.faults, [])

        kinds = [entry["resource"]["resourceType"] for entry in document["entry"]]
        self.assertEqual(kinds, ["Composition", "DetectedIssue", "Device", "Device", "Observation"])
        composition = document["entry"][0]["resource"]
        self.assertEqual(composition["subject"]["identifier"]["value"], self.number)
        self.assertEqual(composition["author"][0]["display"], "Bodø kommune")
        codes = [coding["code"] for event in composition["event"] for coding in event["code"][0]["coding"]]
        self.assertEqual(codes, ["0", "1", "4", "5", "3", "6", "7"])
        self.assertIn("84", str(document["entry"][-1]["resource"]["valueQuantity"]["value"]))
        # No reference that means something here only, and each one into the document is to an entry.
        text = json.dumps(document)
        self.assertIsNone(re.search(r'"reference": "(?!urn:uuid:)', text))
        urls = {entry["fullUrl"] for entry in document["entry"]}
        self.assertLessEqual(set(re.findall(r'"reference": "([^"]*)"', text)), urls)
        # Anybody's XML reader takes the narratives, and nothing anybody wrote is an element of them.
        names = set()
        for section in composition["section"]:
            div = ElementTree.fromstring(section["text"]["div"])
            names |= {element.tag.removeprefix(XHTML) for element in div.iter()}
        self.assertLessEqual(names, {"div", "p", "b", "br", "table", "thead", "tbody", "tr", "th", "td"})
        whole = " ".join("".join(ElementTree.fromstring(section["text"]["div"]).itertext()) for section in composition["section"])
        for said in ("<script>alert(1)</script> & mer", "Glemt oksygen", "Satte det på", "Rolig.", "Kari <b>Nordmann</b>", "84 %"):
            self.assertIn(said, whole)

    def test_closed_again_is_another_document_that_replaces_the_first(self):
        alarm = self.raised()
        self.act(alarm, "resolve", note="ringt")
        first, = self.sent(alarm, 1)
        self.act(alarm, "reopen")
        self.assertEqual(self.document(alarm).status, 409)
        self.act(alarm, "resolve", note="kjørt dit")
        second = self.sent(alarm, 2)[1]
        of_first, of_second = first["entry"][0]["resource"], second["entry"][0]["resource"]
        self.assertEqual(of_first["identifier"], of_second["identifier"])
        self.assertNotEqual(first["identifier"], second["identifier"])
        self.assertEqual((of_first["status"], of_second["status"]), ("final", "amended"))
        self.assertEqual(of_second["relatesTo"], [{"code": "replaces", "targetIdentifier": first["identifier"]}])

    def test_a_record_that_fails_gets_the_same_document_again(self):
        fall = payloads.events(payloads.event("fall", self.number))
        alarm = self.accept(fall, "sensors-oslo")["results"][0]["alarms"][0]
        self.sink.mode = "500"
        self.act(alarm, "resolve", centre="centre-oslo", note="ringt")
        wait_until(lambda: self.sink.attempts[500] >= 2, what="two attempts")
        self.sink.mode = "ok"
        document, = self.sent(alarm, 1)
        with self.sink.lock:
            tried = [one for kind, _, one in self.sink.seen if kind == "Bundle" and one["identifier"] == document["identifier"]]
        self.assertGreaterEqual(len(tried), 3)
        for one in tried:
            self.assertEqual(one, document)

    def test_an_alarm_of_nobody_has_no_document(self):
        alarm = self.accept(payloads.events(payloads.event("fall", subject="nobody-knows")))["results"][0]["alarms"][0]
        self.act(alarm, "resolve")
        self.assertEqual(self.document(alarm).status, 409)

    def test_in_english_for_a_tenant_that_says_so_and_of_its_own_patients_only(self):
        fall = payloads.events(payloads.event("fall", self.number))
        alarm = self.accept(fall, "sensors-oslo")["results"][0]["alarms"][0]
        self.act(alarm, "resolve", centre="centre-oslo", note="Cause: slipped")
        document, = self.sent(alarm, 1)
        composition = document["entry"][0]["resource"]
        self.assertEqual(composition["language"], "en")
        self.assertEqual([section["title"] for section in composition["section"]],
                         ["Description of the event", "Description of the follow-up", "Course of events"])
        self.assertEqual(composition["author"][0]["display"], "Oslo kommune")

    def test_an_independent_validator_finds_nothing_wrong(self):
        alarm = self.raised()
        self.act(alarm, "take", "resolve")
        self.act(alarm, "reopen", "resolve", note="Tiltak: ringt")
        file = self.gateway.folder / "document.json"
        file.write_bytes(self.document(alarm).body)
        run = subprocess.run(["node", "check_document.mjs", str(file)], cwd=FOLDER, capture_output=True, text=True, timeout=90)
        self.assertEqual(run.returncode, 0, run.stderr[-2000:])
        seen = json.loads(run.stdout)
        self.assertEqual(seen["problems"], [])
        self.assertEqual(seen["resources"], ["Bundle", "Composition", "DetectedIssue", "Device", "Device", "Observation"])
        # The check is only worth something if a wrong document is found wrong.
        wrong = self.document(alarm).json()
        del wrong["entry"][0]["resource"]["title"]
        file.write_text(json.dumps(wrong))
        run = subprocess.run(["node", "check_document.mjs", str(file)], cwd=FOLDER, capture_output=True, text=True, timeout=90)
        self.assertNotEqual(json.loads(run.stdout)["problems"], [])


if __name__ == "__main__":
    unittest.main()
