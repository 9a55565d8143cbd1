"""A receiving record system: takes conditional updates and documents as a FHIR server does, and fails in the ways one can."""
import collections
import http.server
import json
import threading
import urllib.parse


class Sink:
    """`mode` says how it answers: ok, 500, 429, 400, hang. Down is `stop()`; `start()` listens on the same port again."""

    def __init__(self):
        self.mode = "ok"
        self.retry_after = 1
        self.refuse = lambda resource: False  # answered 422 in mode ok: a poison item
        self.lock = threading.Lock()
        self.attempts = collections.Counter()  # by answer
        self.taken = []                        # (type, identifier, resource), in the order of acknowledgement
        self.seen = []                         # the same of every attempt, whatever the answer
        self.newest = {}                       # (type, identifier) -> resource
        self.faults = []                       # what a receiver would complain about
        self.port = 0
        self._server = None
        self._released = threading.Event()
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/fhir"

    def start(self):
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                sink._put(self)

            def do_POST(self):
                sink._put(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # the gateway hung up, for example because it was killed

        self._released = threading.Event()
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        """Refuses connections from here on; those that are open are cut."""
        self._released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _put(self, request):
        length = int(request.headers.get("Content-Length", 0))
        body = request.rfile.read(length)
        path = urllib.parse.urlsplit(request.path)
        resource_type = path.path.removeprefix("/fhir/")
        # A document is created unless it is there; everything else is updated by its identifier.
        condition = request.headers.get("If-None-Exist", "") if request.command == "POST" else path.query
        identifier = dict(urllib.parse.parse_qsl(condition)).get("identifier", "")
        resource = json.loads(body)
        with self.lock:
            self.seen.append((resource_type, identifier, resource))
            mode = self.mode
        self._complain(request, resource_type, identifier, resource)
        if mode == "hang":
            self._released.wait(120)
            request.close_connection = True
            return
        if mode == "ok" and self.refuse(resource):
            return self._answer(request, 422, {"resourceType": "OperationOutcome", "issue": [
                {"severity": "error", "code": "invalid", "diagnostics": "this receiver does not take it"}]})
        if mode == "ok":
            with self.lock:
                status = 200 if (resource_type, identifier) in self.newest else 201
                if request.command == "PUT" or status == 201:
                    self.newest[resource_type, identifier] = resource
                self.taken.append((resource_type, identifier, resource))
            return self._answer(request, status, None)
        self._answer(request, int(mode), None)

    def _complain(self, request, resource_type, identifier, resource):
        system, _, value = identifier.partition("|")
        identifiers = resource.get("identifier", [])
        identifiers = [identifiers] if isinstance(identifiers, dict) else identifiers  # a Bundle has one
        named = [(one.get("system"), one.get("value")) for one in identifiers]
        with self.lock:
            if (request.command == "POST") != (resource_type == "Bundle"):
                self.faults.append(f"{request.command} of a {resource_type}")
            if resource.get("resourceType") != resource_type:
                self.faults.append(f"{resource.get('resourceType')} sent as {resource_type}")
            if (system, value) not in named:
                self.faults.append(f"the identifier asked for is not the resource's: {identifier} {named}")
            if request.headers.get("Content-Type", "").split(";")[0] != "application/fhir+json":
                self.faults.append(f"content type {request.headers.get('Content-Type')}")

    def _answer(self, request, status, outcome):
        with self.lock:
            self.attempts[status] += 1
        body = json.dumps(outcome).encode() if outcome else b""
        request.send_response(status)
        if status in (429, 503):
            request.send_header("Retry-After", str(self.retry_after))
        request.send_header("Content-Length", str(len(body)))
        if body:
            request.send_header("Content-Type", "application/fhir+json")
        request.end_headers()
        request.wfile.write(body)

    # -- what arrived

    def of_type(self, resource_type):
        with self.lock:
            return [resource for kind, _, resource in self.taken if kind == resource_type]

    def current(self, resource_type):
        with self.lock:
            return [resource for (kind, _), resource in self.newest.items() if kind == resource_type]

    def identifiers(self, resource_type):
        with self.lock:
            return {identifier for kind, identifier in self.newest if kind == resource_type}


def destination(sink, name="record", tenant="bodo", send=("observations", "alarms"), **more):
    """A configured destination that gives up waiting quickly, so that tests need not."""
    return {"id": name, "tenant": tenant, "kind": "fhir", "url": sink.url, "send": list(send), "timeout": "2s",
            "backoff_first": "50ms", "backoff_max": "200ms", **more}
