"""The program pulls from stand-ins of the vendors' clouds over real connections: what arrives, through faults, stops and kills."""
import datetime
import time
import unittest

from harness import FORM, Gateway, checked_counts, source, standard_config, wait_until
from vendor_cloud import VendorCloud, weight

NUMBER = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "13816590072"}  # synthetic


def stamp(seconds_ago):
    at = datetime.datetime.fromtimestamp(time.time() - seconds_ago, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Pulling(unittest.TestCase):
    def setUp(self):
        self.cloud = VendorCloud()
        self.addCleanup(self.cloud.close)
        config = standard_config()
        pull = {"client_id": "client-1", "client_secret": "env:PULL_SECRET", "url": self.cloud.url, "every": "10s",
                "backoff_first": "50ms", "backoff_max": "200ms", "timeout": "2s"}
        config["sources"] = [source(name, adapter=name, pull=pull) for name in ("withings", "polar", "oura", "dexcom")]
        self.gateway = Gateway(config)
        self.addCleanup(self.gateway.clean_up)
        self.start()

    def start(self):
        self.gateway.start({"PULL_SECRET": "client-secret-0123456789"})

    def connect(self, name, user, token, kind="refresh_token"):
        path = f"/admin/sources/{name}/users/{user}"
        answer = self.gateway.as_("operator").put(path, {kind: token})
        self.assertIn(answer.status, (200, 201), answer)

    def link(self, name, subject):
        answer = self.gateway.as_("operator").post(
            "/links", {"source": name, "subject": subject, "patient": NUMBER, "from": "2020-01-01T00:00:00Z", "release": True})
        self.assertIn(answer.status, (200, 201), answer)

    def user(self, name):
        answer = self.gateway.as_("operator").get(f"/admin/sources/{name}/users")
        self.assertEqual(200, answer.status, answer)
        return answer.json()["users"][0]

    def readings(self):
        whose = f"{NUMBER['system']}|{NUMBER['value']}"
        answer = self.gateway.as_("hospital").search("Observation", **{"patient.identifier": whose, "_count": 50})
        self.assertEqual(200, answer.status, answer)
        return len(answer.json().get("entry", []))

    def await_readings(self, count):
        wait_until(lambda: self.readings() == count, what=f"{count} readings, now {self.readings()}")

    def weights(self, count):
        now = int(time.time())
        self.cloud.groups["12345"] = [weight(i, now - 3600 + 60 * i, 70000 + 100 * i) for i in range(count)]

    def test_each_vendor_arrives_and_renewed_tokens_survive_a_kill(self):
        self.weights(5)
        self.cloud.samples["o-1"] = [{"timestamp": stamp(600 - 60 * i), "bpm": 60 + i, "source": "rest"} for i in range(3)]
        self.cloud.egvs["d"] = [{"recordId": f"r{i}", "systemTime": stamp(900 - 300 * i), "displayTime": stamp(900 - 300 * i),
                                 "value": 120 + i, "status": "ok", "trend": "flat", "unit": "mg/dL"} for i in range(2)]
        yesterday = datetime.date.today() - datetime.timedelta(days=1)
        self.cloud.heart_rates["475"] = [{"date": yesterday.isoformat(),
                                          "heart_rate_samples": [{"heart_rate": 63, "sample_time": "00:02:08"}]}]
        self.cloud.lasting["lasting-secret-1"] = "475"
        for name, subject in (("withings", "12345"), ("oura", "o-1"), ("dexcom", "dexcom-d"), ("polar", "475")):
            self.link(name, subject)
        self.connect("withings", "12345", self.cloud.consent("12345"))
        self.connect("oura", "o-1", self.cloud.consent("o-1"))
        self.connect("dexcom", "ola", self.cloud.consent("d"))
        self.connect("polar", "475", "lasting-secret-1", "access_token")
        self.await_readings(5 + 3 + 2 + 1)
        wait_until(lambda: all("pulled" in self.user(name) for name in ("withings", "oura", "dexcom", "polar")))
        self.assertEqual("dexcom-d", self.user("dexcom")["vendor_user"])

        self.gateway.kill()
        self.start()
        self.weights(6)  # five of them other records' times, so corrections or duplicates, never lost
        wait_until(lambda: self.readings() == 12, what="the sixth weight after the restart")
        for name in ("withings", "oura", "dexcom", "polar"):
            self.assertEqual("active", self.user(name)["state"])
        wait_until(lambda: self.user("withings")["failures"] == 0)
        self.no_secret_anywhere()

    def test_faults_are_waited_out(self):
        self.weights(5)
        self.link("withings", "12345")
        self.cloud.faults = ["500", "429", "cut", "garbage", "hang", "garbage"]
        self.connect("withings", "12345", self.cloud.consent("12345"))
        self.await_readings(5)
        user = wait_until(lambda: self.user("withings") if "pulled" in self.user("withings") else None)
        self.assertEqual(0, user["failures"])
        waiting = self.gateway.as_("operator").get("/admin/quarantine?source=withings").json()["items"]
        self.assertEqual(["undecodable"], [item["reason"] for item in waiting])  # two pages of garbage, kept once
        self.no_secret_anywhere()

    def test_a_notification_is_an_early_pull(self):
        self.link("withings", "12345")
        self.connect("withings", "12345", self.cloud.consent("12345"))
        wait_until(lambda: "pulled" in self.user("withings"))
        self.weights(1)
        form = "userid=12345&appli=1&startdate=1715668200&enddate=1715668201"
        answer = self.gateway.as_("withings").post("/ingest/withings", form, content_type=FORM)
        self.assertEqual(200, answer.status, answer)
        self.assertEqual(1, checked_counts(answer.json())["ignored"])
        self.await_readings(1)

    def test_a_lost_consent_is_seen_and_ends_with_a_new_one(self):
        self.connect("oura", "o-1", "refresh-secret-of-nobody")
        wait_until(lambda: self.user("oura")["state"] == "consent-lost")
        asked = len(self.cloud.asked)
        wait_until(lambda: self.gateway.metric('hjemport_pull_users{source="oura",state="consent-lost",tenant="bodo"}') == 1, what="the gauge")
        self.assertEqual(asked, len(self.cloud.asked))
        self.connect("oura", "o-1", self.cloud.consent("o-1"))
        wait_until(lambda: "pulled" in self.user("oura"))
        self.assertEqual("active", self.user("oura")["state"])
        self.no_secret_anywhere()

    def test_a_kill_between_the_vendors_renewal_and_its_answer(self):
        self.cloud.forget_token_answers = 1
        self.connect("withings", "12345", self.cloud.consent("12345"))
        wait_until(lambda: self.cloud.asked)
        self.gateway.kill()
        self.start()
        wait_until(lambda: self.user("withings")["state"] == "consent-lost")
        self.assertIn("may have been lost", self.user("withings")["reason"])

    def test_a_stop_does_not_wait_for_a_vendor(self):
        self.cloud.faults = ["hang"]
        self.connect("withings", "12345", self.cloud.consent("12345"))
        wait_until(lambda: any("/measure" in line for line in self.cloud.asked))
        self.assertEqual(0, self.gateway.stop(seconds=10))

    def no_secret_anywhere(self):
        kept = self.gateway.log() + self.gateway.output() + self.gateway.as_(None).get("/metrics").text()
        for file in (self.gateway.folder / "data").glob("hjemport.db*"):
            kept += file.read_bytes().decode("latin-1")
        kept += "".join(self.cloud.asked)
        for secret in ("refresh-secret", "access-secret", "lasting-secret", "client-secret"):
            self.assertNotIn(secret, kept)


if __name__ == "__main__":
    unittest.main()
