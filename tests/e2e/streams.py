"""A reader of Server-Sent Events over a plain socket, and one that does not read."""
import http.client
import json
import queue
import socket
import threading
import time

from harness import ANSWER_SECONDS, secret


class Event:
    def __init__(self, position, name, data):
        self.position = position
        self.name = name
        self.data = data

    @property
    def alarm(self):
        return json.loads(self.data)

    def __repr__(self):
        return f"<{self.position} {self.name} {self.data[:200]}>"


class Stream:
    """GET /alarms/stream. Headers are read at once, events by a thread, in order."""

    def __init__(self, gateway, reader="centre", last_event_id=None):
        self.received = []
        self.comments = queue.Queue()
        self._events = queue.Queue()
        self._connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=ANSWER_SECONDS)
        headers = {"Authorization": f"Bearer {secret(reader)}", "Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        self._connection.request("GET", "/alarms/stream", headers=headers)
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.headers = self._response.headers
        if self.status != 200:
            self.body = self._response.read()
            return
        if self._connection.sock is not None:
            self._connection.sock.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        fields = {}
        try:
            while True:
                line = self._response.readline()
                if not line:
                    break
                line = line.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments.put(line)
                elif line:
                    name, _, value = line.partition(": ")
                    if name in fields:
                        raise AssertionError(f"an event has two {name} lines")
                    fields[name] = value
                elif fields:
                    if set(fields) != {"id", "event", "data"}:
                        raise AssertionError(f"an event has the fields {sorted(fields)}")
                    self._events.put(Event(int(fields["id"]), fields["event"], fields["data"]))
                    fields = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        except AssertionError as fault:
            self._events.put(fault)
        self._events.put(None)

    def next(self, seconds=10):
        """The next event; None when the gateway ended the stream."""
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no event on the stream within {seconds} s") from None
        if isinstance(event, AssertionError):
            raise event
        if event is not None:
            self.received.append(event)
        return event

    def until(self, condition, seconds=10):
        """The first event that fits; those before it are kept in `received`."""
        end = time.monotonic() + seconds
        while True:
            event = self.next(max(0.01, end - time.monotonic()))
            if event is None:
                raise AssertionError("the stream ended")
            if condition(event):
                return event

    def of(self, alarm_id, seconds=10):
        return self.until(lambda event: event.alarm["id"] == alarm_id, seconds)

    def take(self, count, seconds=20):
        end = time.monotonic() + seconds
        return [self.next(max(0.01, end - time.monotonic())) for _ in range(count)]

    def silent_for(self, seconds):
        """Whatever comes within this time; a test asserts that it is nothing."""
        try:
            return self._events.get(timeout=seconds)
        except queue.Empty:
            return None

    def close(self):
        if self._connection.sock is not None:
            self._connection.sock.close()
        raw = getattr(self._response, "fp", None)
        try:
            if raw is not None:
                raw.raw._sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class SleepingReader:
    """Opens the stream, reads its head and then nothing more, with the smallest buffer the kernel grants."""

    def __init__(self, gateway, reader="centre"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket.settimeout(ANSWER_SECONDS)
        self.socket.connect(("127.0.0.1", gateway.port))
        self.socket.sendall(
            f"GET /alarms/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret(reader)}\r\n\r\n".encode()
        )
        self.head = b""
        while b"\r\n\r\n" not in self.head:
            self.head += self.socket.recv(1)

    def close(self):
        self.socket.close()
