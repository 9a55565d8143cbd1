"""kill -9 at named points and at random, and SIGTERM, under mixed load: what was acknowledged is there, once.

    kill_cycles.py [cycles] [seed]
"""
import collections
import os
import pathlib
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import audit
import identity
import payloads
from harness import Gateway, standard_config, wait_until
from load import GONE, Load, Violation, Worker
from sink import Sink, destination
from streams import Stream

WORKERS = 4
LONGEST_LOAD_SECONDS = 3  # a point that was not reached by then is not on this load's way often enough
CYCLES_PER_STORE = 25     # then a fresh one: checking everything grows with what is stored
WHOLE_CHECK_EVERY = 10    # in between only the workers of the cycle that ended badly, and samples


def named_points():
    root = pathlib.Path(os.environ["HJEMPORT_ROOT"])
    found = set()
    for source in (root / "gateway").rglob("*.cpp"):
        found |= set(re.findall(r'HJEMPORT_FAULT_POINT\("([a-z-]+)"\)', source.read_text()))
    return sorted(found)


class Run:
    """One store over many kills."""

    def __init__(self, chance, name):
        self.chance = chance
        self.sink = Sink()
        config = {**standard_config(), "destinations": [destination(self.sink)], "log": {"level": "warning"}}
        self.gateway = Gateway(config)
        self.workers = [Worker(f"{name}w{n}", chance) for n in range(WORKERS)]
        self.journal = audit.Journal()
        self.died = collections.Counter()

    def clients(self):
        return {name: self.gateway.as_(name) for name in ("sensors", "centre", "hospital", "clinic", "operator")}

    def start(self, fault=None):
        """True when it serves; a fault point may be met before that."""
        try:
            self.gateway.start({"HJEMPORT_FAULT": fault} if fault else None)
            return True
        except AssertionError:
            if fault and self.gateway.process.returncode == -9:
                return False
            raise

    def cycle(self, number, points):
        way = self.chance.choice(points + ["random", "random", "SIGTERM"])
        if way in points and not self.start(f"{way}:{self.chance.choice([1, 2, 3, 10, 40, 120])}"):
            self.died[way] += 1
            return self.check(number, [])
        if way not in points:
            self.start()
        try:
            stream = Stream(self.gateway)
            for worker in self.workers:
                worker.enrol(self.clients())
        except GONE:
            if not self._killed():  # only a kill at a fault point may come this early
                raise
            self.died[way] += 1
            return self.check(number, [])
        self.die(way, Load(self.workers, self.gateway))
        shown = self._rest_of(stream)
        return self.check(number, shown)

    def _killed(self):
        try:
            return self.gateway.process.wait(1) == -9
        except subprocess.TimeoutExpired:
            return False

    def die(self, way, load):
        if way == "random":
            time.sleep(self.chance.uniform(0.02, 0.5))
            self.gateway.kill()
        elif way == "SIGTERM":
            time.sleep(self.chance.uniform(0.02, 0.3))
            before = time.monotonic()
            status = self.gateway.stop(15)
            audit.require(status == 0, f"SIGTERM ended with status {status}")
            audit.require(time.monotonic() - before < 10, "SIGTERM took more than 10 s")
        else:
            end = time.monotonic() + LONGEST_LOAD_SECONDS
            while self.gateway.process.poll() is None and time.monotonic() < end:
                time.sleep(0.005)
            if self.gateway.process.poll() is None:
                way = "not reached"
                self.gateway.kill()
        self.died[way] += 1
        load.join()
        for worker in self.workers:
            if worker.fault is not None:
                raise worker.fault

    def _rest_of(self, stream):
        """What a live reader had been shown when the gateway died."""
        try:
            while stream.next(5) is not None:
                pass
        except AssertionError:
            pass
        stream.close()
        return stream.received

    def check(self, number, shown):
        self.start()
        clients = self.clients()
        whole = number % WHOLE_CHECK_EVERY == WHOLE_CHECK_EVERY - 1
        checked = self.workers if whole else [worker for worker in self.workers if worker.doubtful] or self.workers[:1]
        for worker in checked:
            audit.acknowledged(worker, clients, settled=False)
        for worker in self.workers:
            worker.settle(clients)
            audit.repeats(worker, clients, self.chance)
        for worker in checked:
            audit.acknowledged(worker, clients, settled=True)
        press = self.gateway.accept(payloads.events(payloads.event("fall", identity.fresh())))["results"][0]["alarms"][0]
        self.journal.follow(self.gateway, shown, press)
        audit.require(self.gateway.stop() == 0, "it did not stop well")

    def end(self):
        """Everything, and the record system got all of it."""
        self.start()
        clients = self.clients()
        for worker in self.workers:
            audit.acknowledged(worker, clients, settled=True)
        wait_until(lambda: clients["operator"].get("/admin/destinations").json()["destinations"][0]["lag_entries"] == 0, 60, "an empty backlog")
        sent = {(one["identifier"][0]["value"]): one["valueQuantity"]["value"] for one in self.sink.current("Observation")}
        for worker in self.workers:
            for patient in worker.patients.values():
                for resource in audit.observations(clients, patient).values():
                    key = resource["identifier"][0]["value"]
                    audit.require(sent.get(key) == resource["valueQuantity"]["value"],
                                  f"{key} was delivered as {sent.get(key)}, stored is {resource['valueQuantity']['value']}")
        audit.require(self.sink.faults == [], f"the receiver complains: {self.sink.faults[:3]}")

    def close(self):
        self.gateway.clean_up()
        self.sink.stop()


def main():
    cycles = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1_000_000)
    chance = random.Random(seed)
    points = named_points()
    print(f"{cycles} cycles, seed {seed}, points {', '.join(points)}", flush=True)
    died, acknowledged, began = collections.Counter(), 0, time.monotonic()
    number = 0
    while number < cycles:
        run = Run(chance, f"s{number}")
        try:
            for _ in range(min(CYCLES_PER_STORE, cycles - number)):
                run.cycle(number, points)
                number += 1
                if number % 25 == 0:
                    print(f"{number} cycles, {time.monotonic() - began:.0f} s", flush=True)
            run.end()
        except Exception:
            print(f"in cycle {number} of seed {seed}; the store is kept in {run.gateway.folder}", file=sys.stderr)
            print(run.gateway.log()[-3000:], file=sys.stderr)
            run.gateway.own_folder = False
            run.close()
            raise
        died += run.died
        acknowledged += sum(worker.acknowledged for worker in run.workers)
        run.close()
    print(f"died at: {dict(died)}; {acknowledged} acknowledged, none lost; {time.monotonic() - began:.0f} s")
    if cycles >= 50:
        missing = [point for point in points if not died[point]]
        if missing or acknowledged < 10 * cycles:
            raise Violation(f"this run proved too little: never died at {missing}, {acknowledged} acknowledged")


if __name__ == "__main__":
    main()
