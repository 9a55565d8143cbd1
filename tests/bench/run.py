"""Runs the gateway and its load on this machine and prints every figure of docs/performance.md, as one JSON object and as a table.

Load comes from a separate process (load.cpp); what counts is what the gateway says it accepted; each figure is the median of
--repeat runs, beside the rate of a route that authenticates, decodes and prepares the same body but stores nothing.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request

TOKENS = {"BENCH_SOURCE": "bench-source-secret-0123456789", "BENCH_CLIENT": "bench-client-secret-0123456789"}
CONFIG = """
environment: test
listen:
  - {address: 127.0.0.1, port: 0}
store: {sqlite: {path: bench.db}}
tenants:
  - {id: bench, name: Bench kommune, organization: "972418013"}
sources:
  - {id: native, tenant: bench, adapter: hjemport, auth: {bearer: "env:BENCH_SOURCE"}}
clients:
  - {id: client, tenant: bench, roles: [response-centre, hospital, clinician], auth: {bearer: "env:BENCH_CLIENT"}}
"""
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"


class Gateway:
    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        begun = time.monotonic()
        self.log = open(folder / "log", "ab")
        self.process = subprocess.Popen([build / "hjemport", "serve", "--config", folder / "bench.yaml"], cwd=folder,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, env={**os.environ, **TOKENS})
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])
        while True:
            try:
                if self.get("/readyz")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.005)
        self.start_seconds = time.monotonic() - begun

    def get(self, path, body=None, method=None, content_type="application/json"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=body.encode() if body is not None else None)
        request.add_header("Authorization", "Bearer " + TOKENS["BENCH_CLIENT"])
        if body is not None:
            request.add_header("Content-Type", content_type)
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=30)


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hjemport-bench-", dir=options.folder))
        (self.folder / "bench.yaml").write_text(CONFIG)
        self.runs = 0
        self.figures = {}

    def load(self, gateway, *arguments, token="BENCH_SOURCE", wait=True):
        self.runs += 1
        command = [self.build / "tests/bench/load", "--port", gateway.port, "--token", TOKENS[token], "--source", "native",
                   "--patients", self.options.patients, "--prefix", f"r{self.runs}", *arguments]
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
        if not wait:
            return process
        before = gateway.cpu_seconds()
        out, _ = process.communicate()
        result = json.loads(out)
        if result.get("accepted"):
            result["cpu_us"] = (gateway.cpu_seconds() - before) * 1e6 / result["accepted"]
        return result

    def median(self, gateway, *arguments, **named):
        results = [self.load(gateway, "--seconds", self.options.seconds, *arguments, **named) for _ in range(self.options.repeat)]
        return {key: round(statistics.median(result[key] for result in results), 2) for key in results[0]}

    def record(self, name, **values):
        self.figures[name] = values
        print(f"  {name:<46}" + "  ".join(f"{key}={value}" for key, value in values.items()), flush=True)

    def rates(self, gateway, rows):
        for name, arguments in (("single", ["--batch", 1]), ("batch100", ["--batch", 100, "--connections", 16])):
            plain = self.median(gateway, "--path", "/bench", *arguments)
            stored = self.median(gateway, *arguments)
            self.record(f"{name} at {rows} rows", accepted_per_s=stored["accepted_per_s"], p50_ms=stored["p50_ms"],
                        p99_ms=stored["p99_ms"], cpu_us=stored.get("cpu_us"), decode_only_per_s=plain["accepted_per_s"],
                        refused=stored["refused"])
        return self.figures[f"single at {rows} rows"], self.figures[f"batch100 at {rows} rows"]

    def fill(self, gateway, rows):
        if rows > 0:
            self.load(gateway, "--seconds", 3600, "--batch", 500, "--connections", 8, "--total", rows)

    def patients(self, gateway):
        numbers = subprocess.run([self.build / "tests/bench/load", "--numbers", "--patients", str(self.options.patients)],
                                 capture_output=True, text=True, check=True).stdout.split()
        ids = []
        for number in numbers:
            _, body = gateway.get("/fhir/Patient/_search", f"identifier={FNR}|{number}", "POST", "application/x-www-form-urlencoded")
            entries = json.loads(body).get("entry", [])
            if entries:
                ids.append(entries[0]["resource"]["id"])
        return ids

    def limits(self, gateway, ids):
        body = json.dumps({"limits": [{"kind": "oxygen-saturation", "alert_low": 85, "warning_low": 90},
                                      {"kind": "heart-rate", "alert_high": 130, "warning_high": 110, "warning_low": 45, "alert_low": 40},
                                      {"kind": "body-temperature", "alert_high": 39, "warning_high": 38.5}]})
        for patient in ids:
            gateway.get(f"/patients/{patient}/limits", body, "PUT")

    def alarms(self, gateway, rate):
        listener = self.load(gateway, "--stream", "--seconds", self.options.seconds + 2, token="BENCH_CLIENT", wait=False)
        time.sleep(0.5)
        loaded = self.load(gateway, "--seconds", self.options.seconds, "--rate", int(rate), "--breach-every", 50)
        stream = json.loads(listener.communicate()[0])
        self.record("alarm on the stream at half rate", rate=int(rate), accepted_per_s=loaded["accepted_per_s"], events=stream["events"],
                    p50_ms=stream["p50_ms"], p99_ms=stream["p99_ms"], max_ms=stream["max_ms"])

    def reads(self, gateway, ids):
        listing = self.folder / "ids"
        listing.write_text("\n".join(ids))
        path = "/fhir/Observation?patient={id}&code=http://loinc.org%7C2708-6&_sort=-date&_count=50"
        result = self.median(gateway, "--read", path, "--ids", listing, "--connections", 16, token="BENCH_CLIENT")
        self.record("last 50 over HTTP", requests_per_s=result["requests_per_s"], p50_ms=result["p50_ms"], p99_ms=result["p99_ms"])

    def run(self):
        print(f"{time.strftime('%Y-%m-%d')}  {os.cpu_count()} cores  load average {os.getloadavg()[0]:.2f}", flush=True)
        gateway = Gateway(self.build, self.folder)
        self.load(gateway, "--seconds", 3600, "--batch", 100, "--total", 6 * self.options.patients)
        ids = self.patients(gateway)
        self.limits(gateway, ids)
        empty_single, empty_batch = self.rates(gateway, "0")
        rows = 1_000_000
        self.fill(gateway, rows)
        single, _ = self.rates(gateway, "1M")
        self.alarms(gateway, single["accepted_per_s"] / 2)
        if self.options.rows > rows:
            self.fill(gateway, self.options.rows - rows)
            large_single, large_batch = self.rates(gateway, f"{self.options.rows // 1_000_000}M")
            self.record("growth", single=round(large_single["accepted_per_s"] / empty_single["accepted_per_s"], 2),
                        batch100=round(large_batch["accepted_per_s"] / empty_batch["accepted_per_s"], 2))
        self.reads(gateway, ids)
        self.record("memory under load", rss_mb=round(gateway.rss_mb()))
        code = gateway.stop()
        gateway = Gateway(self.build, self.folder)
        self.record("start until ready", seconds=round(gateway.start_seconds, 2), earlier_exit_code=code)
        gateway.stop()
        print(json.dumps({"date": time.strftime("%Y-%m-%d"), "cores": os.cpu_count(), "figures": self.figures}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--folder", help="where the database is made; default the system's temporary folder")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--patients", type=int, default=500)
    bench = Bench(parser.parse_args())
    try:
        bench.run()
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
