"""kill -9 at any instant while alarms escalate and are handed over: no step is lost, none is taken twice.

    kill_escalation.py [cycles] [seed]
"""
import collections
import itertools
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import audit
import identity
import payloads
from audit import require
from harness import Gateway, client, standard_config, wait_until
from load import GONE, Violation
from streams import Stream
from test_alarm_life import OnCall

CLOCK_SECONDS = 1
LEVELS = 2
CYCLES_PER_STORE = 8


def settings(on_call):
    config = standard_config()
    config["clients"].append({**client("ward", ["response-centre"]), "organization": "958935420"})
    config["service"] = [{"tenant": "bodo", "clocks": [{"severity": "critical", "acknowledge": f"{CLOCK_SECONDS}s"}],
                          "flood": {"starts_above": 1000, "ends_below": 1000}}]
    webhook = {"url": on_call.url, "backoff_first": "100ms", "backoff_max": "1s", "attempts": 1000}
    config["escalation"] = [{"tenant": "bodo", "presence": "0s", "levels": [{"webhook": webhook}, {"webhook": webhook, "after": f"{CLOCK_SECONDS}s"}]}]
    config["log"] = {"level": "warning"}
    return config


LOGGED = {"acknowledge": "acknowledge", "hand-over": "offer", "hand-over-accepted": "accept", "hand-over-declined": "decline"}


class Doubt:
    """An act that was not answered."""

    def __init__(self, alarm, reader, body, version, key):
        self.alarm, self.reader, self.body, self.version, self.key = alarm, reader, body, version, key


class Followed:
    """One alarm, and what was acknowledged of it."""

    def __init__(self, alarm, plan):
        self.alarm = alarm
        self.plan = plan      # what is still to be done
        self.done = []        # actions answered 200
        self.seen_at_level = None  # how far it had escalated when it was acknowledged


PLANS = ([], [], ["acknowledge"], ["acknowledge", "offer", "accept"], ["offer"], ["acknowledge", "offer", "decline", "offer", "accept"])


class Ward:
    """Presses alarms and deals with some of them, until the gateway dies; then says what must have become of them."""

    def __init__(self, gateway, on_call, chance, name):
        self.gateway, self.on_call, self.chance, self.name = gateway, on_call, chance, name
        self.alarms = []
        self.pressed = {}   # item id -> item not answered yet
        self.doubt = None
        self.serial = itertools.count(1)
        self.acts = 0

    # -- while it runs

    def press(self, reader):
        item = next(iter(self.pressed.values()), None)
        if item is None:
            item = {**payloads.event("fall", identity.fresh()), "id": f"{self.name}-{next(self.serial)}"}
            self.pressed[item["id"]] = item
        answer = reader["sensors"].post("/ingest/sensors", payloads.events(item))
        require(answer.status == 200, f"refused: {answer!r}")
        del self.pressed[item["id"]]
        # A press whose answer was lost is a duplicate now, and a duplicate names no alarm: the list does.
        raised = answer.json()["results"][0].get("alarms")
        if raised:
            self.alarms.append(Followed(raised[0], list(self.chance.choice(PLANS))))

    def act(self, reader, followed):
        what = followed.plan[0]
        shown = reader["centre"].get(f"/alarms/{followed.alarm}")
        require(shown.status == 200, f"not there: {shown!r}")
        by = {"id": "n1", "name": "Kari"}
        body, who = {"action": "acknowledge", "by": by}, "centre"
        if what == "offer":
            body = {"action": "hand-over", "to": {"organization": "958935420", "name": "Lunge"}, "note": "vaktskifte", "by": by}
        elif what in ("accept", "decline"):
            body, who = {"action": "hand-over", "accept": what == "accept", "by": {"id": "n2", "name": "Per"}}, "ward"
        self.doubt = Doubt(followed, who, body, shown.json()["version"], f"{self.name}-act-{next(self.serial)}")
        self.send(reader)

    def send(self, reader):
        doubt = self.doubt
        answer = reader[doubt.reader].post(f"/alarms/{doubt.alarm.alarm}/actions", doubt.body,
                                           headers={"If-Match": f'"{doubt.version}"', "Idempotency-Key": doubt.key})
        self.doubt = None
        if answer.status == 412:
            return  # it escalated meanwhile; looked at anew with the next act
        require(answer.status == 200, f"{doubt.body} on version {doubt.version} of {doubt.alarm.alarm}: {answer!r}")
        what = doubt.alarm.plan.pop(0)
        doubt.alarm.done.append(what)
        if what == "acknowledge":
            doubt.alarm.seen_at_level = escalations(answer.json())
        self.acts += 1

    def run(self, ended):
        reader = {name: self.gateway.client(name) for name in ("sensors", "centre", "ward")}
        try:
            while not ended.is_set():
                open_plans = [one for one in self.alarms if one.plan]
                if open_plans and self.chance.random() < 0.7:
                    self.act(reader, self.chance.choice(open_plans))
                else:
                    self.press(reader)
                time.sleep(0.02)
        except GONE:
            pass
        finally:
            for one in reader.values():
                one.close()

    # -- after it was started again

    def settle(self):
        reader = {name: self.gateway.as_(name) for name in ("sensors", "centre", "ward")}
        if self.doubt is not None:
            self.send(reader)
        while self.pressed:
            self.press(reader)

    def check(self):
        centre = self.gateway.as_("centre")
        for followed in self.alarms:
            shown = centre.get(f"/alarms/{followed.alarm}").json()
            steps(shown)
            names = [(line["action"], line.get("note")) for line in shown["events"]]
            logged = [LOGGED[name] for name, _ in names if name in LOGGED]
            require(logged == followed.done, f"{followed.alarm}: answered 200 were {followed.done}, the log has {names}")
            if "acknowledge" in followed.done:
                require(escalations(shown) == followed.seen_at_level, f"{followed.alarm} was escalated after it was acknowledged: {names}")
            if followed.done and followed.done[-1] == "accept":
                require(shown["owner"]["id"] == "n2" and shown.get("offer") is None, f"{followed.alarm} was accepted and is {shown['owner']}")
            if followed.done and followed.done[-1] in ("offer", "decline"):
                require((shown["owner"] or {}).get("id") != "n2", f"{followed.alarm} was moved without being accepted")

    def untouched(self):
        return [one for one in self.alarms if "acknowledge" not in one.done]

    def all_escalated(self):
        centre = self.gateway.as_("centre")
        return all(escalations(centre.get(f"/alarms/{one.alarm}").json()) == LEVELS for one in self.untouched())

    def all_called(self):
        called = collections.Counter((body["alarm"], body["level"]) for body in self.by_key().values())
        return all(called[one.alarm, level] == 1 for one in self.untouched() for level in range(1, LEVELS + 1))

    def by_key(self):
        return {key: body for key, body in list(self.on_call.calls)}

    def check_calls(self):
        per_step = collections.defaultdict(set)
        for key, body in list(self.on_call.calls):
            per_step[body["alarm"], body["level"]].add(key)
        twice = {step: keys for step, keys in per_step.items() if len(keys) > 1}
        require(not twice, f"called about twice, with two keys: {twice}")
        for followed in self.alarms:
            if followed.seen_at_level is None:
                continue
            beyond = [step for step in per_step if step[0] == followed.alarm and step[1] > followed.seen_at_level]
            require(not beyond, f"called about after it was acknowledged: {beyond}")


def escalations(shown):
    return sum(line["action"] == "escalated" for line in shown["events"])


def steps(shown):
    """Level by level, each once."""
    levels = [line["note"].split(":")[0] for line in shown["events"] if line["action"] == "escalated"]
    require(levels == [f"Nivå {n + 1}" for n in range(len(levels))], f"{shown['id']} escalated {levels}")


def cycle(gateway, ward, journal, chance):
    way = chance.choice(["random", "random", "before-commit", "after-commit"])
    try:
        gateway.start({"HJEMPORT_FAULT": f"{way}:{chance.choice([2, 5, 10, 30, 60, 90])}"} if way != "random" else None)
        stream = Stream(gateway)
    except (AssertionError, *GONE):
        if gateway.process.wait(5) != -9:
            raise
        stream = None
    if stream is not None:
        ended, fault = threading.Event(), []

        def run():
            try:
                ward.run(ended)
            except Exception as failure:
                fault.append(failure)

        thread = threading.Thread(target=run)
        thread.start()
        # Beyond both clocks, so that every step of an escalation is cut somewhere.
        end = time.monotonic() + chance.uniform(0.3, CLOCK_SECONDS * (LEVELS + 0.7))
        while gateway.process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        gateway.kill()
        ended.set()
        thread.join()
        if fault:
            raise fault[0]
        try:
            while stream.next(5) is not None:
                pass
        except AssertionError:
            pass
        stream.close()
    gateway.start()
    ward.settle()
    ward.check()
    last = gateway.accept(payloads.events(payloads.event("fall", identity.fresh())))["results"][0]["alarms"][0]
    ward.alarms.append(Followed(last, []))
    journal.follow(gateway, stream.received if stream else [], last)
    ward.check_calls()
    gateway.kill()
    return way


def end(gateway, ward):
    """What nobody acknowledged went through all levels, each called about once."""
    gateway.start()
    wait_until(ward.all_escalated, 30, "every step of what nobody saw")
    wait_until(ward.all_called, 30, "every call of what nobody saw")
    ward.check()
    ward.check_calls()
    require(gateway.stop() == 0, "it did not stop well")


def main():
    cycles = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1_000_000)
    chance = random.Random(seed)
    print(f"{cycles} cycles, seed {seed}", flush=True)
    died, alarms, acts, calls, number = collections.Counter(), 0, 0, 0, 0
    while number < cycles:
        on_call = OnCall()
        gateway = Gateway(settings(on_call))
        ward, journal = Ward(gateway, on_call, chance, f"s{number}"), audit.Journal()
        try:
            for _ in range(min(CYCLES_PER_STORE, cycles - number)):
                died[cycle(gateway, ward, journal, chance)] += 1
                number += 1
            end(gateway, ward)
        except Exception:
            print(f"in cycle {number} of seed {seed}; the store is kept in {gateway.folder}", file=sys.stderr)
            print(gateway.log()[-3000:], file=sys.stderr)
            gateway.own_folder = False
            raise
        finally:
            gateway.clean_up()
            on_call.close()
        alarms, acts, calls = alarms + len(ward.alarms), acts + ward.acts, calls + len(ward.by_key())
    print(f"died at: {dict(died)}; {alarms} alarms, {acts} acts, {calls} calls, each once")
    if cycles >= 16 and (alarms < 5 * cycles or acts < 2 * cycles or calls < cycles):
        raise Violation("this run proved too little")


if __name__ == "__main__":
    main()
