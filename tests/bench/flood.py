"""20,000 alarms at once: a vendor's cloud comes back and pushes a breach of each of its patients, as fast as it is taken, while two tenants'
safety alarms go on. Prints what became of them (docs/performance.md, reliability G10).

    python3 tests/bench/flood.py [--build build/bench] [--patients 20000] [--over 60]
"""
import argparse
import concurrent.futures
import datetime
import http.client
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

import run

CONFIG = """
environment: test
listen:
  - {address: 127.0.0.1, port: 0}
store: {sqlite: {path: flood.db}}
tenants:
  - {id: bench, name: Bench kommune, organization: "972418013"}
  - {id: other, name: Other kommune, organization: "958935420"}
sources:
  - {id: native, tenant: bench, adapter: hjemport, auth: {bearer: "env:BENCH_SOURCE"}}
  - {id: native-other, tenant: other, adapter: hjemport, auth: {bearer: "env:OTHER_SOURCE"}}
clients:
  - {id: client, tenant: bench, roles: [response-centre, hospital, clinician], auth: {bearer: "env:BENCH_CLIENT"}}
  - {id: client-other, tenant: other, roles: [response-centre], auth: {bearer: "env:OTHER_CLIENT"}}
"""
SAFETY_PER_SECOND = 10


class Connection:
    def __init__(self, gateway, token):
        self.http = http.client.HTTPConnection("127.0.0.1", gateway.port)
        self.headers = {"Authorization": "Bearer " + run.TOKENS[token], "Content-Type": "application/json"}

    def ask(self, method, path, body=None):
        self.http.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def readings(numbers, value, name):
    return {"measurements": [{"id": f"{name}-{number}", "patient": {"system": run.FNR, "value": number}, "time": now(),
                              "kind": "oxygen-saturation", "value": value, "unit": "%"} for number in numbers]}


def portions(all_of, size):
    return [all_of[i:i + size] for i in range(0, len(all_of), size)]


def enrol(gateway, numbers):
    """Everybody with a limit of their own."""
    def some(portion):
        source, client = Connection(gateway, "BENCH_SOURCE"), Connection(gateway, "BENCH_CLIENT")
        for number, result in zip(portion, source.ask("POST", "/ingest/native", readings(portion, 96, "first"))["results"]):
            subject = client.ask("GET", "/fhir/" + result["observation"])["subject"]["reference"].removeprefix("Patient/")
            client.ask("PUT", f"/patients/{subject}/limits", {"limits": [{"kind": "oxygen-saturation", "alert_low": 85, "warning_low": 90}]})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(some, portions(numbers, 200)))


class Safety(threading.Thread):
    """One press after the other, each of a device of its own, until told to end."""

    def __init__(self, gateway, token, source):
        super().__init__()
        self.connection, self.path, self.source = Connection(gateway, token), f"/ingest/{source}", source
        self.ended, self.sent, self.waits = threading.Event(), 0, []

    def run(self):
        for n in itertools.count():
            if self.ended.wait(1 / SAFETY_PER_SECOND):
                return
            begun = time.monotonic()
            self.connection.ask("POST", self.path, {"events": [{"id": f"e{n}", "device": {"id": f"{self.source}-{n}"}, "time": now(), "kind": "safety-alarm"}]})
            self.waits.append((time.monotonic() - begun) * 1000)
            self.sent += 1


def flood(gateway, numbers, over):
    """The breaches, in batches of 100, eight at a time; `over` seconds, 0 as fast as they are taken."""
    batches, begun = portions(numbers, 100), time.monotonic()

    def push(place):
        wait = begun + over * place / len(batches) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        connection = Connection(gateway, "BENCH_SOURCE")
        answer = connection.ask("POST", "/ingest/native", readings(batches[place], 80, "breach"))
        connection.http.close()
        return sum(len(result.get("alarms", [])) for result in answer["results"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        told = sum(pool.map(push, range(len(batches))))
    return told, time.monotonic() - begun


def stream(build, gateway, token, alarms):
    return subprocess.Popen([str(build / "tests/bench/load"), "--port", str(gateway.port), "--token", run.TOKENS[token], "--stream",
                             "--seconds", "180", *(["--alarms", str(alarms)] if alarms else [])], stdout=subprocess.PIPE, text=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--patients", type=int, default=20_000)
    parser.add_argument("--over", type=int, default=0)
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hjemport-flood-"))
    (folder / "bench.yaml").write_text(CONFIG)
    run.TOKENS.update({"OTHER_SOURCE": "other-source-secret-0123456789", "OTHER_CLIENT": "other-client-secret-0123456789"})
    gateway = None
    try:
        gateway = run.Gateway(build, folder)
        numbers = subprocess.run([build / "tests/bench/load", "--numbers", "--patients", str(options.patients)], capture_output=True,
                                 text=True, check=True).stdout.split()
        enrol(gateway, numbers)
        presses = [Safety(gateway, "BENCH_SOURCE", "native"), Safety(gateway, "OTHER_SOURCE", "native-other")]
        own, other = stream(build, gateway, "BENCH_CLIENT", 0), stream(build, gateway, "OTHER_CLIENT", 0)
        time.sleep(1)
        for one in presses:
            one.start()
        time.sleep(2)
        begun = time.time()
        told, pushed = flood(gateway, numbers, options.over)
        time.sleep(5)  # what is still on its way
        for one in presses:
            one.ended.set()
            one.join()
        metrics = gateway.get("/metrics")[1].decode()
        flooded = 'hjemport_alarm_flood{tenant="bench"} 1' in metrics
        shown = json.loads(gateway.get("/alarms?state=open&limit=500")[1])["alarms"]
        marked = sum(any(mark["code"] == "flood" for mark in one.get("marks", [])) for one in shown)
        gateway.process.terminate()
        own, other = json.loads(own.communicate()[0]), json.loads(other.communicate()[0])
        print(json.dumps({"date": time.strftime("%Y-%m-%d"), "cores": os.cpu_count(), "patients": len(numbers), "over_s": options.over, "pushed_s": round(pushed, 2),
                          "alarms_answered": told, "alarms_on_stream": own["alarms"], "safety_sent": presses[0].sent,
                          "first_100_s": round(own["first_at"] + own["hundredth_s"] - begun, 2), "all_s": round(own["first_at"] + own["last_s"] - begun, 2),
                          "stream_p50_ms": own["p50_ms"], "stream_p99_ms": own["p99_ms"], "safety_p50_ms": own["safety_p50_ms"],
                          "safety_p99_ms": own["safety_p99_ms"], "safety_max_ms": own["safety_max_ms"], "safety_on_stream": own["safety"],
                          "other_tenant_safety": other["safety"], "other_sent": presses[1].sent, "other_p50_ms": other["safety_p50_ms"],
                          "other_p99_ms": other["safety_p99_ms"], "flood_told": flooded, "marked_of_500_shown": marked}, indent=1))
        gateway.process.wait(30)
    finally:
        if gateway is not None and gateway.process.poll() is None:
            gateway.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
