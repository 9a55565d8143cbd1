"""The real program, started with a configuration of the test's own on a port the kernel picks, and a client for it.

Nothing here knows how the gateway works inside: what a test sees is what a vendor, a response centre, a hospital or an
operator sees. The program is named by HJEMPORT_BINARY.
"""
import contextlib
import http.client
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

START_SECONDS = 20  # a loaded machine starts slowly; a program that hangs is found all the same
ANSWER_SECONDS = 20

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def binary():
    path = os.environ.get("HJEMPORT_BINARY")
    if not path:
        raise RuntimeError("HJEMPORT_BINARY has to name the program to test")
    return path


def secret(name):
    """The bearer secret of a source or client: made from its name, so that a test can write it down."""
    return f"secret-of-{name}-0123456789"


def wait_until(condition, seconds=15, what="the condition"):
    """The first true answer of `condition`. For what happens in the background and is told to nobody."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.01)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        return f"<{self.status} {self.text()[:600]}>"


class Client:
    """One caller with its token, over one kept-alive connection. Not for use by several threads."""

    def __init__(self, port, token=None):
        self.port = port
        self.token = token
        self._connection = None

    def request(self, method, path, body=None, headers=None, content_type=JSON):
        sent = {}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            if not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
            if content_type:
                sent["Content-Type"] = content_type
        sent.update(headers or {})
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            self._connection.request(method, path, body=body, headers=sent)
            response = self._connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except Exception:
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body, **more):
        return self.request("POST", path, body, **more)

    def put(self, path, body, **more):
        return self.request("PUT", path, body, **more)

    def search(self, resource_type, **parameters):
        """POST _search, the way for identity numbers. A list gives a parameter several times."""
        return self.post(f"/fhir/{resource_type}/_search", urllib.parse.urlencode(parameters, doseq=True), content_type=FORM)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


TENANTS = [
    {"id": "bodo", "name": "Bodø kommune", "organization": "972418013"},
    {"id": "oslo", "name": "Oslo kommune", "organization": "958935420"},
]


def source(name, tenant="bodo", adapter="hjemport", **more):
    return {"id": name, "tenant": tenant, "adapter": adapter, "auth": {"bearer": f"env:TOKEN_{variable(name)}"}, **more}


def client(name, roles, tenant="bodo"):
    return {"id": name, "tenant": tenant, "roles": roles, "auth": {"bearer": f"env:TOKEN_{variable(name)}"}}


def variable(name):
    return name.upper().replace("-", "_").replace(".", "_")


def standard_config():
    """Two tenants with everybody in them. Tests change what they are about."""
    people = []
    for tenant, suffix in (("bodo", ""), ("oslo", "-oslo")):
        people += [
            client("centre" + suffix, ["response-centre"], tenant),
            client("clinic" + suffix, ["clinician"], tenant),
            client("hospital" + suffix, ["hospital"], tenant),
            client("operator" + suffix, ["admin"], tenant),
        ]
    return {
        "environment": "test",
        "listen": [{"address": "127.0.0.1", "port": 0}],
        "store": {"sqlite": {"path": "data/hjemport.db"}},
        "tenants": TENANTS,
        "sources": [
            source("sensors"),
            source("sensors-two"),
            source("opentele", adapter="opentele"),
            source("telli", adapter="telli"),
            source("withings", adapter="withings"),
            source("sensors-oslo", tenant="oslo"),
        ],
        "clients": people,
        "rules": "rules.yaml",
    }


# Four bounds on oxygen saturation and on systolic pressure, as in the design; small and round, so that tests read well.
RULES = {
    "programmes": [
        {
            "id": "copd",
            "limits": [
                {"kind": "oxygen-saturation", "warning_low": 90, "alert_low": 85},
                {"kind": "heart-rate", "alert_high": 130, "warning_high": 110},
                {
                    "kind": "blood-pressure",
                    "component": "systolic",
                    "alert_high": 180,
                    "warning_high": 160,
                    "warning_low": 100,
                    "alert_low": 90,
                },
            ],
        },
        {"id": "weight", "limits": [{"kind": "body-weight", "warning_high": 100}]},
    ]
}


class Gateway:
    """One run of the program, or several one after the other on the same data."""

    def __init__(self, config=None, rules=None, folder=None):
        self.config = config or standard_config()
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="hjemport-e2e-"))
        self.config_file = self.folder / "hjemport.yaml"
        (self.folder / "rules.yaml").write_text(json.dumps(rules or RULES))
        self.out_file = self.folder / "stdout.log"
        self.log_file = self.folder / "stderr.log"
        self.process = None
        self.port = None
        self._clients = {}

    def write_config(self):
        self.config_file.write_text(json.dumps(self.config, indent=1))

    def environment(self, extra=None):
        names = [entry["id"] for entry in self.config["sources"] + self.config["clients"]]
        names += [entry["id"] for entry in self.config.get("destinations", [])] + ["metrics"]
        variables = {f"TOKEN_{variable(name)}": secret(name) for name in names}
        return {**os.environ, **variables, **(extra or {})}

    def start(self, extra_environment=None, before_exec=None, command_prefix=()):
        self.write_config()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*command_prefix, binary(), "serve", "--config", str(self.config_file)],
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self.environment(extra_environment),
                preexec_fn=before_exec,
            )
        lines = queue.Queue()
        threading.Thread(target=self._read_output, args=(self.process.stdout, lines), daemon=True).start()
        self.port = self._await_port(lines)
        self._close_clients()
        return self

    def _read_output(self, stream, lines):
        with open(self.out_file, "ab") as kept:
            for line in stream:
                kept.write(line)
                kept.flush()
                lines.put(line.decode("utf-8", "replace"))
        stream.close()
        lines.put(None)

    def _await_port(self, lines):
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                line = lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                line = None
            found = line and re.match(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                return int(found.group(1))
            if line is None:
                self.kill()
                raise AssertionError("the gateway did not start:\n" + self.log())

    def log(self):
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    def output(self):
        return self.out_file.read_text("utf-8", "replace") if self.out_file.exists() else ""

    def client(self, name=None, token=None):
        """A new connection for a thread of its own."""
        return Client(self.port, token or (secret(name) if name else None))

    def as_(self, name):
        """The shared connection of a configured source or client; None is somebody without a token."""
        if name not in self._clients:
            self._clients[name] = self.client(name)
        return self._clients[name]

    def ingest(self, payload, source_name="sensors"):
        return self.as_(source_name).post(f"/ingest/{source_name}", payload)

    def accept(self, payload, source_name="sensors"):
        """Pushes what has to be decodable; gives the answer's JSON after checking that its counts add up."""
        answer = self.ingest(payload, source_name)
        if answer.status != 200:
            raise AssertionError(f"{source_name}: {answer!r}")
        return checked_counts(answer.json())

    def metric(self, line):
        """One number of /metrics; `line` is the name with its labels as it stands there."""
        for text in self.as_(None).get("/metrics").text().splitlines():
            name, _, value = text.rpartition(" ")
            if name == line:
                return float(value)
        raise AssertionError(f"/metrics has no {line}")

    def stop(self, seconds=15):
        """SIGTERM; gives the exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the gateway did not stop within {seconds} s of SIGTERM:\n{self.log()[-2000:]}") from None

    def kill(self):
        """SIGKILL: nothing gets a chance to be written."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        return self.process.returncode if self.process else None

    def _close_clients(self):
        for one in self._clients.values():
            one.close()
        self._clients.clear()

    def clean_up(self):
        self._close_clients()
        self.kill()
        found = re.search(r"(WARNING: Thread|ERROR: Address|ERROR: Leak)Sanitizer[^\n]*|runtime error: [^\n]*", self.log())
        if found:
            raise AssertionError(self.log()[found.start():][:6000])
        if self.own_folder and not os.environ.get("HJEMPORT_KEEP_FOLDERS"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.clean_up()


OUTCOMES = ("accepted", "duplicate", "amended", "quarantined", "ignored")


def checked_counts(answer):
    """Invariant 2 on every answer a test sees: one result per item, in payload order, counted once."""
    if [result["index"] for result in answer["results"]] != list(range(answer["received"])):
        raise AssertionError(f"results are not one per item in payload order: {answer}")
    for outcome in OUTCOMES:
        counted = sum(result["outcome"] == outcome for result in answer["results"])
        if counted != answer[outcome]:
            raise AssertionError(f"{outcome} counts {answer[outcome]} and has {counted} results: {answer}")
    if sum(answer[outcome] for outcome in OUTCOMES) != answer["received"]:
        raise AssertionError(f"the counts do not add up: {answer}")
    return answer


class GatewayTest(unittest.TestCase):
    """One gateway for the tests of a class; each test uses patients of its own."""

    maxDiff = None
    rules = None

    @classmethod
    def configuration(cls):
        return standard_config()

    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(cls.configuration(), cls.rules)
        cls.addClassCleanup(cls.gateway.clean_up)
        cls.gateway.start()

    # -- what most tests need

    def accept(self, payload, source_name="sensors"):
        return self.gateway.accept(payload, source_name)

    def one(self, item, source_name="sensors"):
        """Pushes one native measurement and gives its result."""
        return self.accept({"measurements": [item]}, source_name)["results"][0]

    def observation(self, reference, reader="hospital"):
        answer = self.gateway.as_(reader).get("/fhir/" + reference)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def patient_of(self, reference):
        return self.observation(reference)["subject"]["reference"].removeprefix("Patient/")

    def enrol(self, patient, *programmes):
        answer = self.gateway.as_("clinic").put(f"/patients/{patient}/programmes", {"programmes": list(programmes)})
        self.assertIn(answer.status, (200, 201), answer)
        return answer

    def alarm(self, alarm_id):
        answer = self.gateway.as_("centre").get(f"/alarms/{alarm_id}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def alarms(self, query="state=open", reader="centre"):
        """All alarms of a query, over its pages."""
        found = []
        path = f"/alarms?{query}"
        while path:
            answer = self.gateway.as_(reader).get(path)
            self.assertEqual(answer.status, 200, answer)
            page = answer.json()
            found += page["alarms"]
            path = page["next"]
        return found

    def found(self, answer):
        """The resources of a search answer."""
        self.assertEqual(answer.status, 200, answer)
        bundle = answer.json()
        self.assertEqual((bundle["resourceType"], bundle["type"]), ("Bundle", "searchset"))
        return [entry["resource"] for entry in bundle.get("entry", []) if entry["search"]["mode"] == "match"]


@contextlib.contextmanager
def running(config=None, rules=None):
    gateway = Gateway(config, rules)
    try:
        yield gateway.start()
    finally:
        gateway.clean_up()
