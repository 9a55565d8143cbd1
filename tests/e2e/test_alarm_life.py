"""What people do with an alarm, and what must not happen twice or on an old view of it (design 7)."""
import datetime
import http.server
import json
import threading
import unittest

import identity
import payloads
from harness import Gateway, GatewayTest, client, standard_config, wait_until
from streams import Stream

NURSE = {"id": "n1", "name": "Kari Nordmann"}


class AlarmLife(GatewayTest):
    def setUp(self):
        self.number = identity.fresh()
        self.patient = self.patient_of(self.one(payloads.saturation(95, self.number))["observation"])
        self.enrol(self.patient, "copd")

    def raised(self, value=84):
        return self.one(payloads.saturation(value, self.number))["alarms"][0]

    def act(self, alarm, action, version=None, reader="centre", **more):
        headers = dict(more.pop("headers", {}))
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.gateway.as_(reader).post(f"/alarms/{alarm}/actions", {"action": action, "by": NURSE, **more}, headers=headers)

    def test_a_whole_life_on_the_stream(self):
        with Stream(self.gateway) as stream:
            alarm = self.raised()
            self.assertEqual(stream.of(alarm).name, "raised")
            version = 1
            for action, state, owner in (("acknowledge", "acknowledged", None), ("take", "in-progress", "n1"),
                                         ("note", "in-progress", "n1"), ("resolve", "resolved", None),
                                         ("reopen", "raised", None)):
                with self.subTest(action):
                    answer = self.act(alarm, action, version, note=f"om {action}")
                    self.assertEqual(answer.status, 200, answer)
                    version += 1
                    self.assertEqual(answer.headers["ETag"].strip('W/"'), str(version))
                    shown = answer.json()
                    self.assertEqual(shown, self.alarm(alarm))
                    self.assertEqual((shown["version"], shown["state"]), (version, state))
                    if action != "reopen":
                        self.assertEqual(shown["owner"] and shown["owner"]["id"], owner)
                    last = shown["events"][-1]
                    self.assertEqual((last["action"], last["note"]), (action, f"om {action}"))
                    self.assertEqual((last["who"]["client"], last["who"]["id"], last["who"]["name"]), ("centre", "n1", "Kari Nordmann"))
                    event = stream.of(alarm)
                    self.assertEqual((event.name, event.alarm), ("action", shown))

    def test_open_means_every_state_but_resolved(self):
        alarm = self.raised()
        for version, action in ((1, "acknowledge"), (2, "take")):
            self.assertEqual(self.act(alarm, action, version).status, 200)
            self.assertIn(alarm, [one["id"] for one in self.alarms("state=open")])
        self.assertEqual(self.act(alarm, "resolve", 3).status, 200)
        self.assertNotIn(alarm, [one["id"] for one in self.alarms("state=open")])
        self.assertIn(alarm, [one["id"] for one in self.alarms("state=resolved")])

    def test_if_match_is_required_and_has_to_be_the_version_seen(self):
        alarm = self.raised()
        self.assertEqual(self.act(alarm, "acknowledge").status, 428)
        self.assertEqual(self.act(alarm, "acknowledge", 7).status, 412)
        self.assertEqual(self.alarm(alarm)["state"], "raised")
        self.assertEqual(self.act(alarm, "acknowledge", 1).status, 200)
        stale = self.act(alarm, "take", 1)
        self.assertEqual(stale.status, 412)
        self.assertEqual(stale.headers["Content-Type"].split(";")[0], "application/problem+json")
        self.assertEqual(self.alarm(alarm)["state"], "acknowledged")

    def test_an_action_the_state_does_not_allow_is_409_and_changes_nothing(self):
        alarm = self.raised()
        before = self.alarm(alarm)
        self.assertEqual(self.act(alarm, "reopen", 1).status, 409)
        self.assertEqual(self.alarm(alarm), before)
        self.assertEqual(self.act(alarm, "acknowledge", 1).status, 200)
        self.assertEqual(self.act(alarm, "acknowledge", 2).status, 409)
        self.assertEqual(self.act(alarm, "resolve", 2).status, 200)
        for action in ("acknowledge", "take", "resolve"):
            self.assertEqual(self.act(alarm, action, 3).status, 409, action)

    def test_malformed_actions_are_400(self):
        alarm = self.raised()
        for body in ({}, {"action": "explode", "by": NURSE}, {"action": "take"}, {"action": 7, "by": NURSE}, [], "take"):
            with self.subTest(body=body):
                answer = self.gateway.as_("centre").post(f"/alarms/{alarm}/actions", body, headers={"If-Match": '"1"'})
                self.assertEqual(answer.status, 400, answer)
        self.assertEqual(self.alarm(alarm)["version"], 1)

    def test_a_repeated_idempotency_key_is_told_the_first_answer(self):
        alarm = self.raised()
        key = {"Idempotency-Key": f"key-of-{alarm}"}
        first = self.act(alarm, "take", 1, headers=key)
        self.assertEqual(first.status, 200)
        again = self.act(alarm, "take", 1, headers=key)
        self.assertEqual((again.status, again.body), (200, first.body))
        self.assertEqual(self.alarm(alarm)["version"], 2)
        self.assertEqual([one["action"] for one in self.alarm(alarm)["events"]], ["take"])
        self.assertEqual(self.act(alarm, "take", 1).status, 412)  # without the key it is another act

    def test_the_same_key_for_another_alarm_is_another_act(self):
        first, second = self.raised(), self.accept(payloads.events(payloads.event("fall", self.number)))["results"][0]["alarms"][0]
        key = {"Idempotency-Key": f"one-key-{first}"}
        for alarm in (first, second):
            answer = self.act(alarm, "take", 1, headers=key)
            self.assertEqual((answer.status, answer.json()["id"]), (200, alarm))
            self.assertEqual(self.alarm(alarm)["state"], "in-progress")

    def test_of_many_who_take_it_at_once_one_gets_it(self):
        alarm = self.raised()
        statuses = []

        def take(number):
            client = self.gateway.client("centre")
            answer = client.post(f"/alarms/{alarm}/actions", {"action": "take", "by": {"id": f"n{number}", "name": "N"}},
                                 headers={"If-Match": '"1"'})
            statuses.append((answer.status, number))
            client.close()

        threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [number for status, number in statuses if status == 200]
        self.assertEqual(sorted(status for status, _ in statuses), [200] + [412] * 7)
        self.assertEqual(self.alarm(alarm)["owner"]["id"], f"n{winners[0]}")

    def test_a_breach_after_resolved_is_a_new_alarm_and_bars_reopening_the_old(self):
        first = self.raised()
        self.assertEqual(self.act(first, "resolve", 1).status, 200)
        second = self.raised()
        self.assertNotEqual(first, second)
        self.assertEqual(self.act(first, "reopen", 2).status, 409)

    def test_a_repeated_breach_adds_to_the_open_alarm_quietly(self):
        alarm = self.raised(84)
        with Stream(self.gateway) as stream:
            again = self.one(payloads.saturation(84, self.number, time=payloads.ago(seconds=5)))
            self.assertEqual(again["alarms"], [alarm])
            event = stream.of(alarm)
        self.assertEqual((event.name, event.alarm["announce"], event.alarm["occurrence_count"]), ("repeated", False, 2))
        self.assertEqual(event.alarm["occurrences"][0]["observation"], again["observation"])  # newest first

    def test_worse_after_acknowledging_calls_again_and_not_worse_does_not(self):
        alarm = self.raised(88)
        self.assertEqual(self.act(alarm, "acknowledge", 1).status, 200)
        with Stream(self.gateway) as stream:
            self.one(payloads.saturation(88, self.number, time=payloads.ago(seconds=20)))
            same = stream.of(alarm)
            self.assertEqual((same.alarm["announce"], same.alarm["state"]), (False, "acknowledged"))
            self.one(payloads.saturation(80, self.number, time=payloads.ago(seconds=10)))
            worse = stream.of(alarm)
            self.assertEqual((worse.alarm["announce"], worse.alarm["severity"]), (True, "severe"))

    def test_back_to_normal_is_noted_and_closes_nothing(self):
        alarm = self.raised(84)
        with Stream(self.gateway) as stream:
            self.one(payloads.saturation(96, self.number, time=payloads.ago(seconds=5)))
            event = stream.of(alarm)
        self.assertEqual((event.name, event.alarm["state"], event.alarm["announce"]), ("normal", "raised", False))

    def test_each_press_of_an_open_safety_alarm_calls_again_and_a_resend_does_not(self):
        press = payloads.event("safety-alarm", self.number)
        with Stream(self.gateway) as stream:
            first = self.accept(payloads.events(press))["results"][0]
            alarm = first["alarms"][0]
            self.assertEqual(stream.of(alarm).alarm["severity"], "critical")
            self.assertEqual(self.act(alarm, "take", 1).status, 200)
            stream.of(alarm)
            self.assertEqual(self.accept(payloads.events(press))["results"][0]["outcome"], "duplicate")
            second = self.accept(payloads.events(payloads.event("safety-alarm", self.number)))["results"][0]
            self.assertEqual(second["alarms"], [alarm])
            event = stream.of(alarm)
        self.assertEqual((event.name, event.alarm["announce"], event.alarm["occurrence_count"]), ("repeated", True, 2))
        self.assertEqual(event.alarm["owner"]["id"], "n1")

    def test_a_snooze_ends_by_itself_and_needs_a_reason(self):
        alarm = self.raised()
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).isoformat()
        self.assertEqual(self.act(alarm, "snooze", 1, note="ringer", until=until).status, 409)
        self.assertEqual(self.act(alarm, "acknowledge", 1).status, 200)
        self.assertEqual(self.act(alarm, "snooze", 2, until=until).status, 400)
        self.assertEqual(self.act(alarm, "snooze", 2, note="ringer", minutes=61).status, 400)
        with Stream(self.gateway) as stream:
            snoozed = self.act(alarm, "snooze", 2, note="ringer", until=until)
            self.assertEqual((snoozed.status, snoozed.json()["state"]), (200, "snoozed"))
            self.assertEqual(stream.of(alarm).alarm["state"], "snoozed")
            ended = stream.of(alarm)
        self.assertEqual((ended.name, ended.alarm["state"], ended.alarm["announce"]), ("action", "acknowledged", False))
        self.assertEqual([one["action"] for one in ended.alarm["events"]], ["acknowledge", "snooze", "snooze-ended"])

    def test_a_worsening_ends_a_snooze(self):
        alarm = self.raised(88)
        self.assertEqual(self.act(alarm, "acknowledge", 1).status, 200)
        self.assertEqual(self.act(alarm, "snooze", 2, note="ringer", minutes=60).status, 200)
        self.one(payloads.saturation(80, self.number, time=payloads.ago(seconds=1)))
        shown = self.alarm(alarm)
        self.assertEqual((shown["state"], shown["announce"]), ("raised", True))

    def test_a_hand_over_moves_the_owner_when_the_other_side_accepts(self):
        alarm = self.raised()
        self.assertEqual(self.act(alarm, "take", 1).status, 200)
        offered = self.act(alarm, "hand-over", 2, to={"organization": "972418013", "name": "Per"}, note="vaktskifte")
        self.assertEqual((offered.status, offered.json()["owner"]["id"]), (200, "n1"))
        self.assertEqual(self.act(alarm, "hand-over", 3, accept=True).status, 409)
        accepted = self.act(alarm, "hand-over", 3, accept=True, by={"id": "n2", "name": "Per"})
        self.assertEqual((accepted.status, accepted.json()["owner"]["id"]), (200, "n2"))

    def test_a_missing_alarm_is_404_for_reading_and_acting(self):
        missing = "1" * len(self.raised())
        self.assertEqual(self.gateway.as_("centre").get(f"/alarms/{missing}").status, 404)
        self.assertEqual(self.act(missing, "take", 1).status, 404)


class OnCall:
    """An on-call webhook that keeps what it was asked."""

    def __init__(self):
        self.calls = []
        calls = self.calls

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.append((self.headers["Idempotency-Key"], json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/alarm"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Escalation(unittest.TestCase):
    def setUp(self):
        self.on_call = OnCall()
        self.addCleanup(self.on_call.close)
        config = standard_config()
        config["clients"].append({**client("ward", ["response-centre"]), "organization": "958935420"})
        config["service"] = [{"tenant": "bodo", "clocks": [{"severity": "severe", "acknowledge": "2s"}]}]
        config["escalation"] = [{"tenant": "bodo", "presence": "0s", "levels": [
            {"clients": ["ward"], "webhook": {"url": self.on_call.url}}]}]
        self.gateway = Gateway(config)
        self.addCleanup(self.gateway.clean_up)
        self.gateway.start()

    def raised(self):
        number = identity.fresh()
        first = self.gateway.accept({"measurements": [payloads.saturation(95, number)]})["results"][0]["observation"]
        patient = self.gateway.as_("hospital").get("/fhir/" + first).json()["subject"]["reference"].removeprefix("Patient/")
        self.gateway.as_("clinic").put(f"/patients/{patient}/programmes", {"programmes": ["copd"]})
        return self.gateway.accept({"measurements": [payloads.saturation(80, number)]})["results"][0]["alarms"][0]

    def seen(self, alarm, reader):
        return self.gateway.as_(reader).get(f"/alarms/{alarm}").status == 200

    def test_a_missed_clock_brings_others_in_and_calls_once_also_over_a_kill(self):
        alarm = self.raised()
        self.assertFalse(self.seen(alarm, "ward"))
        wait_until(lambda: self.on_call.calls, what="the call")
        self.assertTrue(self.seen(alarm, "ward"))
        key, body = self.on_call.calls[0]
        self.assertEqual((body["alarm"], body["level"], body["severity"]), (alarm, 1, "severe"))
        self.assertNotIn("patient", body)
        self.gateway.kill()
        self.gateway.start()
        shown = self.gateway.as_("centre").get(f"/alarms/{alarm}").json()
        self.assertEqual([one["action"] for one in shown["events"]], ["escalated"])
        # A second alarm that is called about shows that the first had every occasion to be.
        second = self.raised()
        wait_until(lambda: any(one["alarm"] == second for _, one in self.on_call.calls), what="the second call")
        self.assertEqual({called for called, one in self.on_call.calls if one["alarm"] == alarm}, {key})

    def test_a_clock_that_runs_out_while_the_program_is_down_is_missed_at_its_start(self):
        self.raised()
        self.gateway.kill()
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        wait_until(lambda: datetime.datetime.now(datetime.timezone.utc) > due, what="the deadline")
        self.gateway.start()
        wait_until(lambda: self.on_call.calls, what="the call")
        self.assertEqual(len({key for key, _ in self.on_call.calls}), 1)

    def test_an_acknowledged_alarm_calls_nobody(self):
        first = self.raised()
        answer = self.gateway.as_("centre").post(f"/alarms/{first}/actions", {"action": "acknowledge", "by": NURSE},
                                                 headers={"If-Match": '"1"'})
        self.assertEqual(answer.status, 200, answer)
        self.assertIsNone(answer.json()["deadline"])
        second = self.raised()
        wait_until(lambda: self.on_call.calls, what="the call")
        self.assertEqual({body["alarm"] for _, body in self.on_call.calls}, {second})


if __name__ == "__main__":
    unittest.main()
