"""HL7 v2 over MLLP and over HTTP: acknowledged when it is stored, once however often it is sent, and told apart when it cannot be read
or cannot be kept."""
import re
import socket
import unittest

import identity
from harness import Gateway, source, standard_config, wait_until

VT, END = b"\x0b", b"\x1c\r"


def items_metric(outcome):
    return f'hjemport_items_total{{outcome="{outcome}",reason="",source="ward",tenant="bodo"}}'


def oru(control_id, number, value="97", status="F", sent="20261101083000+0100", time="20261101080000+0100"):
    return (f"MSH|^~\\&|GW|HOME|||{sent}||ORU^R01^ORU_R01|{control_id}|P|2.6\r"
            f"PID|||{number}^^^&2.16.578.1.12.4.1.4.1&ISO^FNR\r"
            f"OBR|1||O-1||||{time}\r"
            f"OBX|1|NM|2708-6^SpO2^LN||{value}|%|||||{status}|||{time}|||||DEV-1\r").encode()


class Sender:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, message):
        self.socket.sendall(VT + message + END)
        return self.answer()

    def answer(self):
        received = b""
        while not received.endswith(END):
            piece = self.socket.recv(4096)
            if not piece:
                break
            received += piece
        return received.removeprefix(VT).removesuffix(END).decode()


def acknowledged(answer):
    """(MSA-1, MSA-2) of an ACK."""
    msa = next(line for line in answer.split("\r") if line.startswith("MSA"))
    return tuple(msa.split("|")[1:3])


def config(**ward):
    made = standard_config()
    made["sources"].append(source("ward", adapter="hl7v2", **ward))
    made["mllp"] = [{"address": "127.0.0.1", "port": 0, "source": "ward"}]
    return made


def mllp_port(gateway):
    return wait_until(lambda: re.search(r"listening on mllp://127\.0\.0\.1:(\d+)", gateway.output()), what="the MLLP port").group(1)


class Mllp(unittest.TestCase):
    def test_stored_then_acknowledged_and_once(self):
        with Gateway(config()) as gateway, Sender(mllp_port(gateway)) as ward:
            number = identity.fresh()
            self.assertEqual(acknowledged(ward.ask(oru("M1", number))), ("AA", "M1"))
            self.assertEqual(gateway.metric('hjemport_mllp_messages_total{answer="AA"}'), 1)
            self.assertEqual(gateway.metric(items_metric("accepted")), 1)
            self.assertEqual(acknowledged(ward.ask(oru("M2", number))), ("AA", "M2"))
            self.assertEqual(acknowledged(ward.ask(oru("M3", number, value="93", status="C", sent="20261101090000+0100"))), ("AA", "M3"))
            counts = {name: gateway.metric(items_metric(name)) for name in ("accepted", "duplicate", "amended")}
            self.assertEqual(counts, {"accepted": 1, "duplicate": 1, "amended": 1})

    def test_what_cannot_be_read_is_kept_and_answered_with_an_error(self):
        with Gateway(config()) as gateway, Sender(mllp_port(gateway)) as ward:
            answer = ward.ask(b"MSH|^~\\&|A|B|||20261101||ADT^A01|M1|P|2.6\rPID|||1\r")
            self.assertEqual(acknowledged(answer), ("AE", "M1"))
            self.assertIn("ERR|||200^Unsupported message type^HL70357|E||||MSH.9", answer)
            self.assertEqual(acknowledged(ward.ask(b"rubbish")), ("AE", ""))
            waiting = gateway.as_("operator").get("/admin/quarantine?source=ward").json()
            self.assertEqual(len(waiting["items"]), 2, waiting)

    def test_a_full_quarantine_refuses_and_nothing_is_lost(self):
        with Gateway(config(quarantine_items=1)) as gateway, Sender(mllp_port(gateway)) as ward:
            self.assertEqual(acknowledged(ward.ask(b"rubbish one"))[0], "AE")
            self.assertEqual(acknowledged(ward.ask(b"rubbish two"))[0], "AR")
            self.assertEqual(acknowledged(ward.ask(oru("M2", identity.fresh()))), ("AA", "M2"))

    def test_what_was_acknowledged_is_there_after_a_kill(self):
        gateway = Gateway(config())
        try:
            gateway.start()
            number = identity.fresh()
            with Sender(mllp_port(gateway)) as ward:
                self.assertEqual(acknowledged(ward.ask(oru("M1", number))), ("AA", "M1"))
            gateway.kill()
            gateway.out_file.unlink()
            gateway.start()
            with Sender(mllp_port(gateway)) as ward:
                self.assertEqual(acknowledged(ward.ask(oru("M1", number))), ("AA", "M1"))
            self.assertEqual(gateway.metric(items_metric("duplicate")), 1)
        finally:
            gateway.clean_up()

    def test_over_http_the_status_says_the_same(self):
        with Gateway(config()) as gateway:
            def post(message, content_type="application/hl7-v2"):
                return gateway.as_("ward").post("/ingest/ward", message, content_type=content_type)
            answer = post(oru("M1", identity.fresh()))
            self.assertEqual((answer.status, acknowledged(answer.text())), (200, ("AA", "M1")))
            self.assertEqual(answer.headers["Content-Type"], "application/hl7-v2")
            self.assertEqual(post(b"rubbish", "text/plain").status, 400)
            self.assertEqual(post(b"{}", "application/json").status, 415)

    def test_a_stop_ends_idle_connections(self):
        with Gateway(config()) as gateway, Sender(mllp_port(gateway)) as ward:
            self.assertEqual(acknowledged(ward.ask(oru("M1", identity.fresh())))[0], "AA")
            self.assertEqual(gateway.stop(), 0)
            self.assertEqual(ward.answer(), "")


if __name__ == "__main__":
    unittest.main()
