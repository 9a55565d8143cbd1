"""The configuration read again while the gateway runs: a new vendor's readings flow without a restart and without code."""
import os
import pathlib
import signal
import unittest

import identity
import payloads
from harness import Client, Gateway, secret, standard_config, wait_until

MAPPING = """version: 1
name: ward
readings:
  - patient: {system: "urn:oid:2.16.578.1.12.4.1.4.1", value: /fnr}
    id: /id
    time: /at
    kind: oxygen-saturation
    value: %s
    unit: "%%"
"""


class Reload(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway().start()
        self.addCleanup(self.gateway.clean_up)

    def write(self, name, text):
        path = pathlib.Path(self.gateway.folder) / name
        path.write_text(text)
        return path

    def add_ward(self, value):
        """A new vendor, with its secret in a file: a running process gets no new variables."""
        self.write("ward.secret", secret("ward") + "\n").chmod(0o600)
        self.write("ward.yaml", MAPPING % value)
        config = standard_config()
        config["sources"].append({"id": "ward", "tenant": "bodo", "adapter": "mapping", "mapping": "ward.yaml",
                                  "auth": {"bearer": "file:ward.secret"}})
        self.save(config)

    def save(self, config):
        self.gateway.config = config
        self.gateway.write_config()

    def reload(self, status=200):
        answer = self.gateway.as_("operator").post("/admin/reload", "")
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def ward(self, payload):
        client = Client(self.gateway.port, secret("ward"))
        try:
            return client.post("/ingest/ward", payload)
        finally:
            client.close()

    def payload(self, name, number):
        return {"fnr": number, "id": name, "at": payloads.ago(minutes=1), "spo2": 95, "saturation": 94}

    def test_a_new_vendor_without_code_and_without_a_restart(self):
        number = identity.fresh()
        self.assertEqual(self.ward(self.payload("r-1", number)).status, 401)
        self.add_ward("/spo2")
        self.assertEqual(self.reload()["added"], ["ward"])
        answer = self.ward(self.payload("r-1", number))
        self.assertEqual((answer.status, answer.json()["accepted"]), (200, 1), answer)
        self.assertEqual(self.gateway.ingest(payloads.readings(payloads.saturation(95, number))).status, 200)

        with self.subTest("a changed mapping is in use at once"):
            self.write("ward.yaml", MAPPING % "/saturation")
            self.assertEqual(self.reload()["changed"], ["ward"])
            self.assertEqual(self.ward(self.payload("r-2", number)).json()["accepted"], 1)

        with self.subTest("one with an error changes nothing"):
            self.write("ward.yaml", MAPPING % "saturation[")
            refused = self.reload(422)
            self.assertFalse(refused["applied"])
            error = next(one for one in refused["problems"] if one["severity"] == "error")
            self.assertEqual((error["file"], error["line"]), ("ward.yaml", 8))
            self.assertEqual(self.ward(self.payload("r-3", number)).json()["accepted"], 1)

        with self.subTest("what needs a restart is named and waits"):
            self.write("ward.yaml", MAPPING % "/saturation")
            config = self.gateway.config
            config["judging"] = {"late_after": "2h"}
            self.save(config)
            self.assertEqual(self.reload()["after_restart"], ["judging"])

        with self.subTest("a source that is taken out knows nobody any more"):
            config = standard_config()
            self.save(config)
            self.assertEqual(self.reload()["removed"], ["ward"])
            self.assertEqual(self.ward(self.payload("r-4", number)).status, 401)

    def test_a_signal_does_the_same(self):
        self.add_ward("/spo2")
        os.kill(self.gateway.process.pid, signal.SIGHUP)
        number = identity.fresh()
        wait_until(lambda: self.ward(self.payload("r-1", number)).status == 200, what="the new source")

    def test_only_an_admin(self):
        self.assertEqual(self.gateway.as_("centre").post("/admin/reload", "").status, 403)


if __name__ == "__main__":
    unittest.main()
