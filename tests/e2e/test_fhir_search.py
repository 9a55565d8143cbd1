"""What a hospital's standard client relies on when it pulls (FHIR R4 search, design 8.2)."""
import base64
import datetime
import threading
import unittest
import urllib.parse

import identity
import payloads
from harness import GatewayTest

LOINC = "http://loinc.org"


def link(bundle, relation):
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


def path_of(url):
    parts = urllib.parse.urlsplit(url)
    return parts.path + ("?" + parts.query if parts.query else "")


class Search(GatewayTest):
    def setUp(self):
        self.number = identity.fresh()
        self.hospital = self.gateway.as_("hospital")

    def stored(self, *items):
        answer = self.accept(payloads.readings(*items))
        self.assertEqual(answer["accepted"], len(items), answer)
        ids = [one["observation"].removeprefix("Observation/") for one in answer["results"]]
        self.patient = self.patient_of("Observation/" + ids[0])
        return ids

    def bundle(self, path):
        answer = self.hospital.get(path)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"].split(";")[0], "application/fhir+json")
        return answer.json()

    def ids(self, query):
        return [one["id"] for one in self.found(self.hospital.get("/fhir/Observation?" + query))]

    def pages(self, path, between=lambda: None):
        ids = []
        while path:
            bundle = self.bundle(path)
            ids += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
            for relation in ("self", "next"):
                self.assertNotIn(self.number, link(bundle, relation) or "")
            path = link(bundle, "next") and path_of(link(bundle, "next"))
            if path:
                self.assertRegex(path, r"^/fhir/Observation\?_cursor=[^&]+$")
                between()
        return ids

    def series(self, count):
        start = payloads.now() - datetime.timedelta(days=3)
        items = [payloads.saturation(90 + n % 10, self.number, time=payloads.stamp(start + datetime.timedelta(minutes=n)))
                 for n in range(count)]
        return items, self.stored(*items)

    # -- paging

    def test_pages_are_stable_while_others_write(self):
        items, ids = self.series(60)
        moments = iter(range(1000))

        def write():
            # A reading in the middle of the series, one at its end, and a correction of one that is on a later page.
            n = next(moments)
            middle = payloads.stamp(payloads.now() - datetime.timedelta(days=3) + datetime.timedelta(minutes=20, seconds=n))
            self.accept(payloads.readings(payloads.saturation(70, self.number, time=middle), payloads.saturation(71, self.number),
                                          {**items[(n * 7) % 60], "value": 60 + n % 20}))

        for sort, expected in (("date", ids), ("-date", ids[::-1]), ("_lastUpdated", None), ("-_lastUpdated", None)):
            with self.subTest(sort=sort):
                before = self.ids(f"patient={self.patient}&_sort={sort}&_count=1000")
                read = self.pages(f"/fhir/Observation?patient={self.patient}&_sort={sort}&_count=7", write)
                self.assertEqual(len(read), len(set(read)), "an observation came twice")
                self.assertEqual([one for one in read if one in before], before, "one was skipped or moved")
                if sort == "date":
                    self.assertEqual(read, expected)

    def test_pages_are_complete_under_load(self):
        _, ids = self.series(50)
        stop = threading.Event()

        def write():
            client = self.gateway.client("sensors")
            while not stop.is_set():
                client.post("/ingest/sensors", payloads.readings(payloads.saturation(75, self.number)))
            client.close()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            read = self.pages(f"/fhir/Observation?patient={self.patient}&_sort=date&_count=3")
        finally:
            stop.set()
            writer.join()
        self.assertEqual(len(read), len(set(read)))
        self.assertEqual(read[:50], ids)

    def test_the_cursor_carries_the_search_and_nothing_readable(self):
        self.series(4)
        answer = self.hospital.search("Observation", **{"patient.identifier": f"{identity.FNR_SYSTEM}|{self.number}", "_count": 2})
        bundle = answer.json()
        self.assertIn(f"patient={self.patient}", link(bundle, "self"))
        cursor = urllib.parse.unquote(link(bundle, "next").split("_cursor=")[1])
        decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        for secret_text in (self.number.encode(), b"patient", self.patient.encode()):
            self.assertNotIn(secret_text, decoded)
        second = self.bundle(path_of(link(bundle, "next")))
        self.assertEqual(len(second["entry"]), 2)
        self.assertIsNone(link(second, "next"))
        for broken in (cursor[:-2], "x" + cursor, cursor.swapcase(), "abc", "%00"):
            with self.subTest(broken=broken[:8]):
                self.assertEqual(self.hospital.get(f"/fhir/Observation?_cursor={broken}").status, 400)
        self.assertEqual(self.hospital.get(f"/fhir/Patient?_cursor={cursor}").status, 400)

    def test_counts_and_totals(self):
        self.series(5)
        base = f"/fhir/Observation?patient={self.patient}"
        first = self.bundle(base + "&_count=2&_total=accurate")
        self.assertEqual((first["total"], len(first["entry"])), (5, 2))
        none = self.bundle(base + "&_count=0")
        self.assertEqual((none["total"], none.get("entry", [])), (5, []))
        self.assertIsNone(link(none, "next"))
        self.assertNotIn("total", self.bundle(base + "&_count=2&_total=none"))
        exact = self.bundle(base + "&_count=5")
        self.assertIsNone(link(exact, "next"))
        for wrong in ("_count=-1", "_count=many", "_total=some"):
            self.assertEqual(self.hospital.get(f"{base}&{wrong}").status, 400, wrong)

    # -- identity numbers stay out of URLs

    def test_a_national_number_in_a_get_is_400_with_advice(self):
        self.series(1)
        system = identity.FNR_SYSTEM
        for path in (f"Patient?identifier={system}|{self.number}", f"Patient?identifier={self.number}",
                     f"Observation?patient.identifier={system}%7C{self.number}", f"Observation?patient={self.number}",
                     f"Observation?subject:identifier={system}|{self.number}", f"Patient?identifier=%7C{self.number}",
                     f"Observation?made-up={self.number}", f"Patient?identifier={self.number[:6]}%20{self.number[6:]}"):
            with self.subTest(path=path.replace(self.number, "N")):
                answer = self.hospital.get("/fhir/" + path.replace("|", "%7C"))
                self.assertEqual(answer.status, 400)
                self.assertNotIn(self.number, answer.text())
                self.assertIn("_search", answer.text())
        posted = self.hospital.post(f"/fhir/Patient/_search?identifier={system}%7C{self.number}", "_count=1",
                                    content_type="application/x-www-form-urlencoded")
        self.assertEqual(posted.status, 400)

    # -- parameters

    def test_dates_partial_and_with_prefixes(self):  # days begin in Oslo
        times = ["2022-12-31T22:59:59Z", "2023-01-15T12:00:00Z", "2023-02-01T12:00:00.250Z", "2023-02-01T12:00:00.900Z", "2023-03-01T00:30:00+01:00"]
        ids = self.stored(*[payloads.saturation(90, self.number, time=time) for time in times])
        for query, expected in (
            ("date=2023", [1, 2, 3, 4]), ("date=2022", [0]), ("date=2023-01", [1]), ("date=2023-02", [2, 3]), ("date=2023-03-01", [4]),
            ("date=2023-02-01", [2, 3]), ("date=2023-02-01T12:00:00Z", [2, 3]), ("date=2023-02-01T12:00Z", [2, 3]),
            ("date=2023-02-01T13:00:00%2B01:00", [2, 3]),
            ("date=ge2023", [1, 2, 3, 4]), ("date=gt2023-01", [2, 3, 4]), ("date=lt2023", [0]), ("date=le2023-01-15", [0, 1]),
            ("date=sa2023-01-15", [2, 3, 4]), ("date=eb2023-01-15", [0]), ("date=ne2023-02-01", [0, 1, 4]),
            ("date=ge2023-01-01&date=lt2023-02-01", [1]), ("date=eq2023-01-15", [1]), ("date=ap2023-01-15", [1]),
        ):
            with self.subTest(query):
                got = self.ids(f"patient={self.patient}&{query}&_sort=date")
                self.assertEqual([ids.index(one) for one in got], expected)
        for wrong in ("2023-13", "yesterday", "xx2023", "2023-02-30", "2023-01-15T12:00:00", ""):
            with self.subTest(wrong=wrong):
                self.assertEqual(self.hospital.get(f"/fhir/Observation?patient={self.patient}&date={wrong}").status, 400)

    def test_codes_categories_and_their_combinations(self):
        ids = self.stored(payloads.saturation(95, self.number), payloads.weight(80, self.number), payloads.pressure(130, 80, self.number),
                          {**payloads.saturation(6, self.number), "kind": "crp", "unit": "mg/L"})
        for query, expected in (
            (f"code={LOINC}|2708-6", {0}), ("code=2708-6", {0}), (f"code={LOINC}|2708-6,{LOINC}|29463-7", {0, 1}),
            (f"code={LOINC}|85354-9", {2}), ("code=http://snomed.info/sct|431314004", {0}), ("code=http://snomed.info/sct|2708-6", set()),
            ("code=no-such-code", set()), ("category=vital-signs", {0, 1, 2}), ("category=laboratory", {3}),
            ("category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs", {0, 1, 2}),
            (f"category=laboratory&code={LOINC}|2708-6", set()), (f"category=vital-signs&code={LOINC}|2708-6", {0}),
            (f"code={LOINC}|2708-6&code={LOINC}|29463-7", set()),
        ):
            with self.subTest(query):
                got = self.ids(f"patient={self.patient}&" + query.replace("|", "%7C"))
                self.assertEqual({ids.index(one) for one in got}, expected)

    def test_ids_and_last_updated(self):
        ids = self.stored(payloads.saturation(95, self.number))
        between = self.observation("Observation/" + ids[0])["meta"]["lastUpdated"]
        ids += self.stored(payloads.saturation(96, self.number))
        base = f"patient={self.patient}"
        self.assertEqual(set(self.ids(f"_id={ids[0]},{ids[1]}")), set(ids))
        self.assertEqual(self.ids(f"_id={ids[0]}&_id={ids[1]}"), [])
        self.assertEqual(self.ids(f"{base}&_lastUpdated=gt{between}"), [ids[1]])
        self.assertEqual(self.ids(f"{base}&_lastUpdated=le{between}"), [ids[0]])
        self.assertEqual(self.ids(f"{base}&_lastUpdated=lt2020"), [])

    def test_unknown_parameters_are_an_error_when_strict_and_said_when_not(self):
        self.stored(payloads.saturation(95, self.number))
        path = f"/fhir/Observation?patient={self.patient}&colour=red"
        strict = self.hospital.get(path, headers={"Prefer": "handling=strict"})
        self.assertEqual((strict.status, strict.json()["resourceType"]), (400, "OperationOutcome"))
        for headers in ({}, {"Prefer": "handling=lenient"}):
            answer = self.hospital.get(path, headers=headers)
            self.assertEqual(len(self.found(answer)), 1)
            own = link(answer.json(), "self")
            self.assertNotIn("colour", own)
            self.assertIn(f"patient={self.patient}", own)

    def test_what_would_widen_a_search_is_refused(self):
        self.stored(payloads.saturation(95, self.number))
        for query in ("patient=", "code=", f"patient={self.patient}&code:not=2708-6", f"patient:missing=true", "_id="):
            with self.subTest(query):
                self.assertEqual(self.hospital.get(f"/fhir/Observation?{query}").status, 400)
        for query in ("patient=0000000000000001", "patient=no-such-patient", "identifier=urn:made-up%7C1"):
            with self.subTest(query):
                self.assertEqual(self.ids(query), [])

    def test_post_and_get_find_the_same_and_parameters_may_stand_in_both(self):
        ids = self.stored(payloads.saturation(95, self.number), payloads.weight(80, self.number))
        posted = self.hospital.search("Observation", patient=self.patient, _sort="date")
        self.assertEqual({one["id"] for one in self.found(posted)}, set(ids))
        both = self.hospital.post(f"/fhir/Observation/_search?code=2708-6", f"patient={self.patient}",
                                  content_type="application/x-www-form-urlencoded")
        self.assertEqual([one["id"] for one in self.found(both)], [ids[0]])
        self.assertEqual(self.hospital.post("/fhir/Observation/_search", "{}", content_type="application/json").status, 415)

    def test_patients_and_devices_answer_their_own_parameters_only(self):
        device = payloads.unique("SN")
        ids = self.stored(payloads.saturation(95, self.number, device={"id": device}))
        self.accept(payloads.readings(payloads.saturation(95, identity.fresh(), device={"id": payloads.unique("SN")})))
        own = self.observation("Observation/" + ids[0])["device"]["reference"].removeprefix("Device/")

        def names(path):
            return [one["id"] for one in self.found(self.hospital.get(path))]

        self.assertEqual(names(f"/fhir/Device?identifier={device}"), [own])
        self.assertEqual(names(f"/fhir/Patient?_id={self.patient}"), [self.patient])
        for path in ("/fhir/Patient?_lastUpdated=lt2020", "/fhir/Device?_lastUpdated=lt2020", f"/fhir/Device?patient={self.patient}"):
            with self.subTest(path):  # either it narrows, or self says that it did not
                answer = self.hospital.get(path + "&_count=500")
                if answer.status == 200 and names(path + "&_count=500") != []:
                    name = path.split("?")[1].split("=")[0]
                    self.assertNotIn(name, link(answer.json(), "self"))
        for resource_type in ("Patient", "Device"):
            with self.subTest(resource_type):
                everything = names(f"/fhir/{resource_type}?_count=1000")
                counted = self.bundle(f"/fhir/{resource_type}?_count=0")
                self.assertEqual(counted.get("entry", []), [])
                self.assertIsNone(link(counted, "next"))
                read, path = [], f"/fhir/{resource_type}?_count=1"
                while path and len(read) < 200:
                    bundle = self.bundle(path)
                    read += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
                    path = link(bundle, "next") and path_of(link(bundle, "next"))
                self.assertEqual(read, everything)

    # -- reading

    def test_versions_and_conditional_reading(self):
        item = payloads.saturation(95, self.number)
        reference = "Observation/" + self.stored(item)[0]
        first = self.hospital.get("/fhir/" + reference)
        tag = first.headers["ETag"]
        self.assertEqual(tag, 'W/"1"')
        self.assertEqual(self.hospital.get("/fhir/" + reference, headers={"If-None-Match": tag}).status, 304)
        self.one({**item, "value": 96})
        again = self.hospital.get("/fhir/" + reference, headers={"If-None-Match": tag})
        self.assertEqual((again.status, again.headers["ETag"]), (200, 'W/"2"'))
        self.assertEqual(self.hospital.get(f"/fhir/{reference}/_history/1").json()["valueQuantity"]["value"], 95)
        for missing in (f"{reference}/_history/3", f"{reference}/_history/0", f"{reference}/_history/x", "Observation/nothing",
                        "Observation/" + "0" * 64):
            answer = self.hospital.get("/fhir/" + missing)
            self.assertEqual((answer.status, answer.json()["resourceType"]), (404, "OperationOutcome"), missing)

    def test_metadata_says_what_is_served(self):
        statement = self.gateway.as_(None).get("/fhir/metadata")
        self.assertEqual(statement.headers["Content-Type"].split(";")[0], "application/fhir+json")
        resource = statement.json()
        self.assertEqual((resource["resourceType"], resource["fhirVersion"], resource["kind"], resource["status"]),
                         ("CapabilityStatement", "4.0.1", "instance", "active"))
        self.assertIn("application/fhir+json", resource["format"])
        served = {one["type"]: one for one in resource["rest"][0]["resource"]}
        self.assertEqual(set(served), {"Observation", "Patient", "MedicationDispense", "CarePlan", "Device"})
        listed = {one["name"] for one in served["Observation"]["searchParam"]}
        self.assertLessEqual({"patient", "patient.identifier", "code", "category", "date", "_lastUpdated", "_id", "identifier"}, listed)


if __name__ == "__main__":
    unittest.main()
