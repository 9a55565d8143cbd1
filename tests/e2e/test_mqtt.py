"""Payloads fetched from an MQTT broker: acknowledged after the commit, so that nothing is lost and nothing is double."""
import json
import os
import socket
import struct
import threading
import unittest

import identity
import payloads
from broker import PASSWORD, Broker
from harness import Gateway, standard_config, wait_until

TOPIC = "vendor/17/readings"
with_fault_points = unittest.skipUnless(os.environ.get("HJEMPORT_HAS_FAULT_POINTS", "1") == "1", "shipped binaries have no fault points")


def reading(value=95, **more):
    return json.dumps(payloads.readings(payloads.saturation(value, identity.fresh(), **more)))


class Mqtt(unittest.TestCase):
    def setUp(self):
        self.broker = Broker().start()
        self.addCleanup(self.broker.clean_up)
        self.gateway = Gateway(self.configuration())
        self.addCleanup(self.gateway.clean_up)
        os.environ["BROKER_PASSWORD"] = PASSWORD

    def configuration(self, **more):
        config = standard_config()
        config["mqtt"] = [{
            "id": "vendor", "url": f"mqtt://127.0.0.1:{self.broker.port}", "username": "hjemport", "password": "env:BROKER_PASSWORD",
            "topics": [{"filter": "vendor/+/readings", "source": "sensors"}, {"filter": "vendor/oslo/#", "source": "sensors-oslo"}],
            "backoff_first": "50ms", "backoff_max": "200ms", **more,
        }]
        return config

    def start(self, fault=None):
        self.gateway.start({"HJEMPORT_FAULT": fault} if fault else None)
        if not fault:
            self.connected()

    def metric(self, name, **labels):
        return self.gateway.metric(name + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}")

    def of_broker(self, name, **labels):
        return self.metric("hjemport_mqtt_" + name, broker="vendor", **labels)

    def messages(self, outcome):
        return self.of_broker("messages_total", outcome=outcome)

    def connected(self):
        wait_until(lambda: self.of_broker("connected") == 1, what="the subscription")

    def settled(self, count, outcome="stored"):
        """Until that many messages of this run ended so, and none waits."""
        wait_until(lambda: self.messages(outcome) >= count and self.of_broker("messages_waiting") == 0, 30, f"{count} {outcome}")

    def assert_stored_once(self, messages, source="sensors"):
        """A resend of each is a duplicate, and the gateway has no observation beyond these."""
        references = set()
        for message in messages:
            for result in self.gateway.accept(json.loads(message), source)["results"]:
                self.assertEqual(result["outcome"], "duplicate")
                references.add(result["observation"])
        self.assertEqual(len(references), sum(len(json.loads(message)["measurements"]) for message in messages))

    def killed(self, fault, sent):
        """A run of the gateway that ends at the fault; how many messages the broker knows as taken."""
        self.start()
        self.gateway.stop()
        self.broker.publish(TOPIC, *sent)
        self.start(fault)
        self.gateway.process.wait(20)
        self.broker.subscribers_gone()  # it may read the last acknowledgements after the process that sent them has ended
        return len(self.broker.acknowledged())

    def test_messages_of_two_topics_reach_their_sources(self):
        self.start()
        bodo, oslo = [reading() for _ in range(20)], [reading() for _ in range(5)]
        self.broker.publish(TOPIC, *bodo)
        self.broker.publish("vendor/oslo/scale/3", *oslo)
        self.settled(25)
        self.assert_stored_once(bodo)
        self.assert_stored_once(oslo, "sensors-oslo")
        self.assertEqual(len(self.broker.acknowledged(25)), 25)

    def test_what_is_published_while_the_gateway_is_down_waits_for_it(self):
        self.start()
        self.assertEqual(self.gateway.stop(), 0)
        sent = [reading() for _ in range(50)]
        self.broker.publish(TOPIC, *sent)
        self.start()
        self.settled(50)
        self.assert_stored_once(sent)

    @with_fault_points
    def test_killed_before_the_commit(self):
        sent = [reading() for _ in range(40)]
        acknowledged = self.killed("before-commit:12", sent)
        self.assertLess(acknowledged, 12)
        self.start()
        self.settled(40 - acknowledged)
        self.assert_stored_once(sent)

    @with_fault_points
    def test_killed_after_the_commit_and_before_the_acknowledgement(self):
        sent = [reading() for _ in range(40)]
        acknowledged = self.killed("after-commit:12", sent)
        self.assertLess(acknowledged, 12)  # the last commit was never acknowledged
        self.start()
        self.settled(40 - acknowledged)
        self.assert_stored_once(sent)
        self.assertGreaterEqual(self.metric("hjemport_items_total", outcome="duplicate", reason="", source="sensors", tenant="bodo"), 41)

    def test_kills_at_random_under_load(self):
        self.start()
        sent = [reading() for _ in range(600)]
        publisher = threading.Thread(target=lambda: [self.broker.publish(f"vendor/{i}/readings", *sent[i::6]) for i in range(6)])
        publisher.start()
        for _ in range(4):
            wait_until(lambda: self.messages("stored") > 20 or not publisher.is_alive(), what="some messages")
            self.gateway.kill()
            self.start()
        publisher.join()
        self.gateway.stop()
        self.start()
        # That nothing waits says nothing before the broker has sent all it has; it does so in order, so this one comes last.
        self.broker.publish("vendor/6/readings", "this is no payload")
        self.settled(1, "undecodable")
        self.assert_stored_once(sent)

    def test_the_broker_restarts(self):
        self.start()
        first = [reading() for _ in range(10)]
        self.broker.publish(TOPIC, *first)
        self.settled(10)
        self.broker.acknowledged(10)  # or it sends some again, which would be counted among the second
        self.broker.stop()
        wait_until(lambda: self.of_broker("connected") == 0, what="the lost connection")
        self.assertEqual(self.gateway.as_(None).get("/readyz").status, 200)
        self.broker.start()
        self.connected()
        second = [reading() for _ in range(10)]
        self.broker.publish(TOPIC, *second)
        self.settled(20)
        self.assert_stored_once(first + second)
        self.assertGreaterEqual(self.of_broker("failures_total"), 1)
        self.assertEqual(self.of_broker("sessions_lost_total"), 0)
        self.assertEqual(self.gateway.log().count("mqtt_disconnected"), len(set(
            json.loads(line)["reason"] for line in self.gateway.log().splitlines() if "mqtt_disconnected" in line)))

    def test_a_wrong_password_is_said_once_and_put_right(self):
        os.environ["BROKER_PASSWORD"] = "not-the-password-at-all"
        self.gateway.start()
        wait_until(lambda: self.of_broker("failures_total") >= 4, what="several tries")
        self.assertEqual(self.of_broker("connected"), 0)
        self.assertEqual(self.gateway.log().count("mqtt_disconnected"), 1)
        self.assertIn("does not let this client in", self.gateway.log())
        self.assertNotIn("not-the-password-at-all", self.gateway.log())
        self.gateway.stop()
        os.environ["BROKER_PASSWORD"] = PASSWORD
        self.start()

    def test_a_full_quarantine_holds_the_message_back(self):
        self.gateway.config["sources"][0]["quarantine_items"] = 1
        self.start()
        unknown = [json.dumps(payloads.readings(payloads.saturation(95, subject=payloads.unique("nobody")))) for _ in range(2)]
        last = reading()
        self.broker.publish(TOPIC, unknown[0])
        self.settled(1)
        self.broker.publish(TOPIC, unknown[1], last)
        wait_until(lambda: self.of_broker("retries_total") >= 2 and self.of_broker("messages_waiting") == 2, what="tries")
        self.assertEqual(len(self.broker.acknowledged(1)), 1)
        operator = self.gateway.as_("operator")
        waiting = operator.get("/admin/quarantine").json()
        held = waiting["items"][0]["id"]
        discarded = operator.post(f"/admin/quarantine/{held}/discard", {"reason": "nobody of ours"})
        self.assertLess(discarded.status, 300, discarded)
        wait_until(lambda: self.of_broker("messages_waiting") == 0, 40, "the message that was held back")
        self.assert_stored_once([last])

    def test_what_cannot_be_decoded_is_kept_and_acknowledged(self):
        self.start()
        self.broker.publish(TOPIC, "this is no payload")
        self.settled(1, "undecodable")
        self.assertEqual(len(self.broker.acknowledged(1)), 1)
        self.assertEqual(self.metric("hjemport_quarantine_waiting_items", source="sensors", tenant="bodo"), 1)

    def test_a_message_that_is_too_large_is_kept_in_part(self):
        self.gateway.config["http"] = {"body_bytes": 65536, "inflated_bytes": 65536}
        self.start()
        self.broker.publish(TOPIC, " " * 70000 + "{}")
        self.broker.publish(TOPIC, " " * 5_000_000 + "{}")
        self.settled(2, "too-large")
        after = reading()
        self.broker.publish(TOPIC, after)
        self.settled(1)
        self.assert_stored_once([after])
        self.assertEqual(len(self.broker.acknowledged(3)), 3)

    def test_a_refused_topic_is_visible_and_the_other_one_goes_on(self):
        # Mosquitto grants every filter and drops what may not be read; a stand-in refuses the second, as others do.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.gateway.config["mqtt"][0]["url"] = f"mqtt://127.0.0.1:{listener.getsockname()[1]}"
            self.gateway.start()
            listener.settimeout(20)
            peer, _ = listener.accept()
            with peer:
                peer.settimeout(20)
                peer.recv(4096)
                peer.sendall(b"\x20\x02\x00\x00")
                subscribe = peer.recv(4096)
                peer.sendall(b"\x90\x04" + subscribe[2:4] + b"\x01\x80")
                wait_until(lambda: self.of_broker("subscriptions_refused") == 1, what="the refusal")
                self.assertEqual(self.of_broker("connected"), 1)
                message = reading()
                body = struct.pack(">H", len(TOPIC)) + TOPIC.encode() + b"\x00\x07" + message.encode()
                peer.sendall(b"\x32" + bytes([0x80 | len(body) & 0x7F, len(body) >> 7]) + body)
                self.assertEqual(peer.recv(4), b"\x40\x02\x00\x07")
                self.assertEqual(self.gateway.log().count("mqtt_subscription_refused"), 1)
                self.assert_stored_once([message])

    def test_a_retained_message_is_taken_once(self):
        message = reading()
        self.broker.publish(TOPIC, message, retain=True)
        self.start()
        self.settled(1)
        self.gateway.stop()
        self.start()
        self.settled(1)
        self.assert_stored_once([message])

    def test_a_correction_keeps_its_place_behind_the_reading(self):
        self.start()
        number, item = identity.fresh(), payloads.unique("r")
        versions = [json.dumps(payloads.readings({**payloads.saturation(value, number, time="2026-01-10T08:00:00Z"), "id": item}))
                    for value in range(70, 100)]
        self.broker.publish(TOPIC, *versions)
        self.settled(len(versions))
        last = self.gateway.accept(json.loads(versions[-1]))["results"][0]
        resource = self.gateway.as_("hospital").get("/fhir/" + last["observation"]).json()
        self.assertEqual((resource["valueQuantity"]["value"], resource["meta"]["versionId"]), (99, str(len(versions))))


if __name__ == "__main__":
    unittest.main()
