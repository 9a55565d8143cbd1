"""Vendors that stream: a payload in each message of a WebSocket, its answer after the commit, in the order of the messages."""
import json
import struct
import threading
import unittest

import identity
import payloads
from harness import GatewayTest, checked_counts, running, secret, standard_config, wait_until
from web_socket import BINARY, CLOSE, PING, PONG, TEXT, Refused, WebSocket, frame

PATH = "/ingest/sensors/stream"


def reading(value=95):
    return json.dumps(payloads.readings(payloads.saturation(value, identity.fresh())))


class OverWebSocket(GatewayTest):
    def open(self, path=PATH, who="sensors", **more):
        socket = WebSocket(self.gateway.port, path, secret(who) if who else None, **more)
        self.addCleanup(socket.close)
        return socket

    def refused(self, **more):
        with self.assertRaises(Refused) as caught:
            self.open(**more)
        return caught.exception

    def test_a_message_is_answered_like_a_post(self):
        socket = self.open()
        message = reading()
        socket.send(message)
        first = checked_counts(json.loads(socket.text()))
        self.assertEqual(first["accepted"], 1)
        socket.send(message, BINARY)
        again = checked_counts(json.loads(socket.text()))
        self.assertEqual((again["duplicate"], again["results"][0]["observation"]), (1, first["results"][0]["observation"]))
        posted = self.accept(json.loads(message))
        self.assertEqual(posted["results"][0]["observation"], first["results"][0]["observation"])

    def test_answers_come_in_the_order_of_the_messages(self):
        socket = self.open()
        sizes = [1, 40, 2, 60, 1, 3, 1, 25] * 6
        messages = [json.dumps(payloads.readings(*[payloads.saturation(95, identity.fresh()) for _ in range(size)])) for size in sizes]
        threading.Thread(target=lambda: [socket.send(message) for message in messages]).start()
        answers = [checked_counts(json.loads(socket.text())) for _ in sizes]
        self.assertEqual([answer["received"] for answer in answers], sizes)
        self.assertTrue(all(answer["accepted"] == answer["received"] for answer in answers))

    def test_a_fragmented_message_with_a_ping_inside(self):
        socket = self.open()
        message = reading().encode()
        socket.send(message[:10], TEXT, final=False)
        socket.send(b"are you there", PING)
        self.assertEqual(socket.receive(), (PONG, b"are you there"))
        socket.send(message[10:50], 0, final=False)
        socket.send(message[50:], 0)
        self.assertEqual(checked_counts(json.loads(socket.text()))["accepted"], 1)

    def test_what_cannot_be_decoded_is_kept_and_said(self):
        socket = self.open()
        socket.send('{"measurements": "' + payloads.unique("none") + '"}')
        answer = json.loads(socket.text())
        self.assertEqual(answer["status"], 400)
        kept = self.gateway.as_("operator").get("/admin/quarantine/" + answer["quarantine"])
        self.assertEqual(kept.status, 200, kept)
        socket.send(reading())
        self.assertEqual(json.loads(socket.text())["accepted"], 1)

    def test_who_may_open_one(self):
        for who, path, status in ((None, PATH, 401), ("centre", PATH, 401), ("sensors-two", PATH, 403),
                                  ("sensors-oslo", PATH, 404), ("sensors", "/ingest/nobody/stream", 404)):
            with self.subTest(who=who, path=path):
                self.assertEqual(self.refused(who=who, path=path).status, status)
        self.assertEqual(self.refused(path=PATH + "?token=" + secret("sensors"), who=None).status, 401)

    def test_handshakes_that_are_none(self):
        self.assertEqual(self.gateway.as_("sensors").get(PATH).status, 426)
        for headers, status in (({"Sec-WebSocket-Version": "8"}, 426), ({"Sec-WebSocket-Key": "short"}, 400),
                                ({"Sec-WebSocket-Key": None}, 400), ({"Upgrade": "h2c"}, 426), ({"Connection": "close"}, 426)):
            with self.subTest(headers=headers):
                answer = self.refused(headers=headers)
                self.assertEqual(answer.status, status)
                if status == 426:
                    self.assertIn("Sec-WebSocket-Version: 13", answer.head)

    def test_no_extension_is_agreed_to(self):
        socket = self.open(headers={"Sec-WebSocket-Extensions": "permessage-deflate", "Sec-WebSocket-Protocol": "chat"})
        self.assertNotIn("sec-websocket-extensions", socket.head.lower())
        self.assertNotIn("sec-websocket-protocol", socket.head.lower())

    def test_what_breaks_the_protocol_is_told_why(self):
        cases = {
            "not masked": (frame(b"{}", masked=False), 1002),
            "a reserved bit": (bytes([0xC1]) + frame(b"{}")[1:], 1002),
            "an unknown opcode": (frame(b"{}", 3), 1002),
            "a continuation of nothing": (frame(b"{}", 0), 1002),
            "a message inside a message": (frame(b"{", TEXT, False) + frame(b"}", TEXT), 1002),
            "a long ping": (frame(b"x" * 126, PING), 1002),
            "a ping in pieces": (frame(b"x", PING, False), 1002),
            "no UTF-8": (frame(b"\xff\xfe", TEXT), 1007),
            "a close of one byte": (frame(b"x", CLOSE), 1002),
            "a close with a reserved code": (frame(struct.pack(">H", 1005), CLOSE), 1002),
        }
        for name, (sent, code) in cases.items():
            with self.subTest(name=name):
                socket = self.open()
                socket.socket.sendall(sent)
                self.assertEqual(socket.closed_with(), code)

    def test_a_close_is_answered_after_what_was_asked_before(self):
        socket = self.open()
        socket.send(reading())
        socket.send(struct.pack(">H", 1001) + b"bye", CLOSE)
        self.assertEqual(json.loads(socket.text())["accepted"], 1)
        self.assertEqual(socket.receive(), (CLOSE, struct.pack(">H", 1001)))
        self.assertEqual(socket.socket.recv(10), b"")

    def test_the_numbers(self):
        before = self.gateway.metric("hjemport_websocket_messages_total")
        socket = self.open()
        socket.send(reading())
        socket.text()
        self.assertEqual(self.gateway.metric("hjemport_websocket_messages_total"), before + 1)
        self.assertGreaterEqual(self.gateway.metric("hjemport_websockets_open"), 1)
        socket.close()
        wait_until(lambda: self.gateway.metric("hjemport_websockets_open") == 0, what="the end of every WebSocket")


class Bounds(unittest.TestCase):
    def test_a_message_that_is_too_large(self):
        config = standard_config()
        config["http"] = {"body_bytes": 4096, "inflated_bytes": 4096}
        with running(config) as gateway:
            socket = WebSocket(gateway.port, PATH, secret("sensors"))
            socket.send(b"x" * 3000, TEXT, final=False)
            socket.send(b"x" * 3000, 0)
            self.assertEqual(socket.closed_with(), 1009)
            socket.close()

    def test_who_does_not_read_is_cut_and_nobody_else_notices(self):
        config = standard_config()
        config["http"] = {"stream_write": "300ms"}
        with running(config) as gateway:
            slow = WebSocket(gateway.port, PATH, secret("sensors"), receive_buffer=4096)
            batch = json.dumps(payloads.readings(*[payloads.saturation(95, identity.fresh()) for _ in range(400)]))
            slow.socket.settimeout(5)
            with self.assertRaises(OSError):
                for _ in range(2000):
                    slow.send(batch)
            quick = WebSocket(gateway.port, PATH, secret("sensors"))
            quick.send(reading())
            self.assertEqual(json.loads(quick.text())["accepted"], 1)
            wait_until(lambda: gateway.metric("hjemport_http_evicted_streams_total") == 1, what="the eviction")
            quick.close()
            slow.close()

    def test_a_peer_that_is_silent_is_asked_and_then_let_go(self):
        config = standard_config()
        config["http"] = {"web_socket_ping": "200ms"}
        with running(config) as gateway:
            socket = WebSocket(gateway.port, PATH, secret("sensors"))
            self.assertEqual(socket.receive(), (PING, b""))
            socket.send(b"", PONG)
            self.assertEqual(socket.receive(), (PING, b""))
            with self.assertRaises(ConnectionError):
                while True:
                    socket.receive()
            socket.close()

    def test_a_message_that_does_not_end(self):
        config = standard_config()
        config["http"] = {"body_read": "300ms"}
        with running(config) as gateway:
            socket = WebSocket(gateway.port, PATH, secret("sensors"))
            socket.send(b"{", TEXT, final=False)
            self.assertEqual(socket.closed_with(), 1008)
            socket.close()

    def test_a_stop_answers_what_was_received_and_says_goodbye(self):
        with running() as gateway:
            socket = WebSocket(gateway.port, PATH, secret("sensors"))
            socket.send(reading())
            self.assertEqual(json.loads(socket.text())["accepted"], 1)
            stopped = threading.Thread(target=gateway.stop)
            stopped.start()
            self.assertEqual(socket.closed_with(), 1012)
            socket.send(struct.pack(">H", 1012), CLOSE)
            socket.close()
            stopped.join()
            self.assertEqual(gateway.process.returncode, 0)

    def test_a_kill_loses_nothing_that_was_answered(self):
        with running() as gateway:
            socket = WebSocket(gateway.port, PATH, secret("sensors"))
            sent, answered = [], []

            def send():
                try:
                    for _ in range(5000):
                        sent.append(reading())
                        socket.send(sent[-1])
                except OSError:
                    pass

            sender = threading.Thread(target=send)
            sender.start()
            for _ in range(300):
                answered += json.loads(socket.text())["results"]
            gateway.kill()
            sender.join()
            socket.close()
            gateway.start()
            for result, message in zip(answered, sent):
                again = gateway.accept(json.loads(message))["results"][0]
                self.assertEqual((again["outcome"], again["observation"]), ("duplicate", result["observation"]))


if __name__ == "__main__":
    unittest.main()
